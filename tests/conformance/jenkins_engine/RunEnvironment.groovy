/** `env`: the variables of the place that the run is at; what a script sets stays for the whole run. */
class RunEnvironment extends GroovyObjectSupport {
    private final Build build

    RunEnvironment(Build build) { this.build = build }

    Object getProperty(String name) {
        def level = this.@build.levels.reverse().find { it.containsKey(name) }
        level ? level[name] : null
    }

    void setProperty(String name, Object value) { this.@build.levels[0][name] = '' + value }
}
