/** `docker`: the container is the machine itself, where its programs are stubs anyway. */
class Docker {
    private final Steps steps

    Docker(Steps steps) { this.steps = steps }

    DockerImage image(String name) { new DockerImage(steps, name) }
    def methodMissing(String name, arguments) { throw steps.build.unknown("docker.$name()") }
}
