/** `when`: whether a stage takes place, by the comparisons that Declarative documents. */
class Conditions {
    private final Steps script
    boolean beforeAgent = false
    boolean beforeInput = false
    boolean beforeOptions = false
    private final Closure block

    Conditions(Steps script, Closure block) {
        this.script = script
        this.block = block
        if (block) read(block, [])
    }

    boolean hold() { block == null || tests(block).every { it.call() } }

    private List<Closure> tests(Closure block) {
        List found = []
        read(block, found)
        // `equals` is a method of every object, and so never gets here.
        if (!found) throw script.build.unknown('a condition without words')
        found
    }

    private void read(Closure block, List tests) {
        Map methods = words().collectEntries { name, test ->
            [name, { Object... given -> tests << { -> test.call(given as List) as boolean } }]
        }
        ['beforeAgent', 'beforeInput', 'beforeOptions'].each { name ->
            methods[name] = { boolean yes -> this."$name" = yes }
        }
        Words.read(block, new Words(script, 'when', methods))
    }

    private Map words() {
        [
            branch: { List given -> compared(given[0], 'pattern', script.env.BRANCH_NAME) },
            tag: { List given -> compared(given[0], 'pattern', script.env.TAG_NAME) },
            buildingTag: { List given -> script.env.TAG_NAME != null },
            changeRequest: { List given -> script.env.CHANGE_ID != null && ofChange(given ? given[0] as Map : [:]) },
            triggeredBy: { List given -> triggeredBy(given[0]) },
            environment: { List given -> script.env."${given[0].name}" == given[0].value },
            expression: { List given -> Words.carryOut(given[0], script) },
            not: { List given -> !tests(given[0]).every { it.call() } },
            allOf: { List given -> tests(given[0]).every { it.call() } },
            anyOf: { List given -> tests(given[0]).any { it.call() } },
        ]
    }

    private boolean compared(given, String key, String actual) {
        Map asked = given instanceof Map ? given : [(key): given]
        if (asked.keySet() - [key, 'comparator']) throw script.build.unknown("the condition $asked")
        if (actual == null) return false
        matches(asked[key], actual, asked.comparator ?: 'GLOB')
    }

    private boolean ofChange(Map asked) {
        if (asked.keySet() - ['target', 'branch', 'id', 'author', 'fork', 'comparator']) throw script.build.unknown("the condition $asked")
        asked.findAll { it.key != 'comparator' }.every { name, pattern ->
            def actual = script.env."CHANGE_${name.toUpperCase()}"
            actual != null && matches(pattern, actual, asked.comparator ?: 'EQUALS')
        }
    }

    /** The whole name for EQUALS and REGEXP; GLOB is Ant's, which ignores case here and stops `*` at a slash. */
    private boolean matches(String pattern, String actual, String comparator) {
        switch (comparator) {
            case 'EQUALS': return actual == pattern
            case 'REGEXP': return actual ==~ pattern
            case 'GLOB': return actual.toLowerCase() ==~ antPattern(pattern.toLowerCase())
            default: throw script.build.unknown("the comparator $comparator")
        }
    }

    private String antPattern(String pattern) {
        Map signs = ['**': '.*', '*': '[^/]*', '?': '[^/]']
        (pattern =~ /\*\*|\*|\?|[^*?]+/).collect { signs[it] ?: java.util.regex.Pattern.quote(it) }.join()
    }

    /** A cause by the beginning of its class' name, whatever the case. */
    private boolean triggeredBy(given) {
        if (!(given instanceof String)) throw script.build.unknown("the condition triggeredBy $given")
        (script.build.scenario.causes ?: []).any { cause ->
            cause.'class'.tokenize('.$').last().toLowerCase().startsWith(given.toLowerCase())
        }
    }
}
