/** What Jenkins does with a job's triggers and parameters before a run begins. */
class Form {
    private final Build build
    private final Sections sections

    Form(Build build, Sections sections) { this.build = build; this.sections = sections }

    /** Why there is no run; null if there is one, which then has its parameters. */
    Map refusal(Map whole) {
        String timer = build.scenario.timer
        List timers = sections.timers(whole.triggers)
        if (timer != null && !(timer in timers)) return [result: 'NO TIMER', told: []]
        Map known = sections.parameters(whole.parameters)
        Map given = build.scenario.given ?: [:]
        def illegal = given.find { name, value -> known[name]?.kind == 'choice' && !(value in known[name].choices) }
        if (illegal) return [result: 'ILLEGAL PARAMETER', told: [[step: 'refused', name: illegal.key, value: illegal.value]]]
        known.each { name, field -> build.scenario.params[name] = valueOf(field, given) }
        build.levels[0].putAll(build.scenario.params.collectEntries { name, value -> [name, '' + value] })
        null
    }

    private static valueOf(Map field, Map given) {
        def text = given.containsKey(field.name) ? given[field.name] : null
        switch (field.kind) {
            case 'booleanParam': return text == null ? field.defaultValue as boolean : text.toBoolean()
            case 'choice': return text ?: field.choices[0]
            default:
                String found = text == null ? field.defaultValue ?: '' : text
                return field.trim ? found.trim() : found
        }
    }
}
