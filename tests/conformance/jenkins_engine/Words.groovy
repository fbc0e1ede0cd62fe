/** What a block may say; a word that it does not know ends the test. */
class Words extends GroovyObjectSupport {
    private final Steps script
    private final String place
    private final Map methods
    private final Map values
    private final Closure assigned

    Words(Steps script, String place, Map methods, Map values = [:], Closure assigned = null) {
        this.script = script
        this.place = place
        this.methods = methods
        this.values = values
        this.assigned = assigned
    }

    static void read(Closure block, Words words) {
        Closure copy = block.clone()
        copy.delegate = words
        copy.resolveStrategy = Closure.DELEGATE_ONLY
        copy.call()
    }

    /** What a block hands to a script, which knows steps and methods of the file. */
    static def carryOut(Closure block, Steps script) {
        Closure copy = block.clone()
        copy.delegate = script
        copy.resolveStrategy = Closure.DELEGATE_ONLY
        copy.call()
    }

    Object invokeMethod(String name, Object given) {
        if (!this.@methods.containsKey(name)) throw this.@script.build.unknown("$name in ${this.@place}")
        this.@methods[name].call(*(given as Object[]))
    }

    Object getProperty(String name) {
        this.@values.containsKey(name) ? this.@values[name] : this.@script.getProperty(name)
    }

    void setProperty(String name, Object value) {
        if (this.@assigned == null) throw this.@script.build.unknown("$name = ... in ${this.@place}")
        this.@assigned.call(name, value)
    }
}
