/** Reads the blocks of a Declarative file into maps, without carrying anything out. */
class Sections {
    static final List CONDITIONS = ['always', 'changed', 'fixed', 'regression', 'aborted', 'failure', 'success',
        'unstable', 'unsuccessful', 'notBuilt', 'cleanup']
    private static final List STAGE = ['when', 'agent', 'options', 'input', 'environment', 'stages', 'steps', 'parallel',
        'post']
    private static final List WHOLE = ['agent', 'options', 'triggers', 'parameters', 'environment', 'stages', 'post']
    private static final List OF_THE_JOB = ['buildDiscarder', 'disableConcurrentBuilds', 'disableRestartFromStage',
        'disableResume', 'preserveStashes', 'durabilityHint', 'quietPeriod']
    private static final List FLAGS = ['skipDefaultCheckout', 'skipStagesAfterUnstable', 'parallelsAlwaysFailFast']
    private static final List AROUND = ['lock', 'timeout', 'timestamps']

    private final Steps script

    Sections(Steps script) { this.script = script }

    Map pipeline(Closure block) {
        Map found = parts(block, 'pipeline', WHOLE)
        ['agent', 'stages'].each { if (!found[it]) throw script.build.unknown("a pipeline without $it") }
        found
    }

    Map stage(Closure block) {
        Map found = parts(block, 'stage', STAGE, ['failFast'])
        List content = ['stages', 'steps', 'parallel'].findAll { found.containsKey(it) }
        if (content.size() != 1) throw script.build.unknown("a stage with $content")
        found
    }

    private Map parts(Closure block, String place, List names, List values = []) {
        Map found = [:]
        Map methods = (names + values).collectEntries { String name ->
            [name, { given ->
                if (found.containsKey(name)) throw script.build.unknown("$name twice in $place")
                found[name] = given
            }]
        }
        Words.read(block, new Words(script, place, methods, [none: 'none', any: 'any']))
        found
    }

    /** The stages of a block in order: name and block of each. */
    List<List> stages(Closure block) {
        List found = []
        Words.read(block, new Words(script, 'stages', [stage: { String name, Closure body -> found << [name, body] }]))
        found
    }

    /** `flags` and what is put `around` a stage or the whole, outermost first. */
    Map options(Closure block) {
        Map found = [flags: [], around: [], ofTheJob: []]
        if (block == null) return found
        Map methods = OF_THE_JOB.collectEntries { name -> [name, { Object... given -> found.ofTheJob << name }] }
        methods += FLAGS.collectEntries { name -> [name, { Object... given -> found.flags << name }] }
        methods += AROUND.collectEntries { name -> [name, { Object... given -> found.around << [name, given as List] }] }
        methods.logRotator = { Map given -> given }
        Words.read(block, new Words(script, 'options', methods))
        found
    }

    /** The steps to run by conditions of `post`. */
    Map post(Closure block) {
        Map found = [:]
        if (block == null) return found
        Map methods = CONDITIONS.collectEntries { name -> [name, { Closure steps -> found[name] = steps }] }
        Words.read(block, new Words(script, 'post', methods))
        found
    }

    /** The label, and the image if there is one; null for no agent. */
    Map agent(given) {
        if (given == null || given == 'none') return null
        if (given == 'any') return [label: 'any']
        Map found = [:]
        Map kept = ['label', 'image'].collectEntries { name -> [name, { String text -> found[name] = text }] }
        Map methods = kept.subMap(['label'])
        methods.docker = { Closure inner -> Words.read(inner, new Words(script, 'docker', kept)) }
        Words.read(given as Closure, new Words(script, 'agent', methods))
        found
    }

    Map input(Closure block) {
        Map found = [:]
        Map methods = ['message', 'id', 'ok', 'submitter', 'submitterParameter'].collectEntries { name ->
            [name, { String text -> found[name] = text }]
        }
        Words.read(block, new Words(script, 'input', methods))
        found
    }

    /** Variables in order; one may name those before it. */
    Map environment(Closure block) {
        Map found = [:]
        if (block == null) return found
        Words.read(block, new Words(script, 'environment', [:], found, { name, value -> found[name] = '' + value }))
        found
    }

    List<String> timers(Closure block) {
        List found = []
        if (block) Words.read(block, new Words(script, 'triggers', [cron: { String text -> found << text }]))
        found
    }

    /** The form: for each parameter its kind and default. */
    Map<String, Map> parameters(Closure block) {
        Map found = [:]
        if (block == null) return found
        Map methods = ['string', 'booleanParam', 'choice'].collectEntries { kind ->
            [kind, { Map given -> found[given.name] = given + [kind: kind] }]
        }
        Words.read(block, new Words(script, 'parameters', methods))
        found
    }
}
