/** A container, of which only its name counts. */
class DockerImage {
    private final Steps steps
    private final String name

    DockerImage(Steps steps, String name) { this.steps = steps; this.name = name }

    def inside(Closure body) {
        steps.build.alive()
        steps.build.here()
        steps.build.tell('image', [name: name])
        body.call()
    }
    def methodMissing(String called, arguments) { throw steps.build.unknown("docker.image.$called()") }
}
