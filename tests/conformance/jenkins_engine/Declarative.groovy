/**
 * Carries out a Declarative pipeline in the documented order: options, input, agent, when, environment, steps, post, where
 * `when` moves forward by beforeOptions, beforeInput and beforeAgent.
 */
class Declarative {
    private final Steps script
    private final Build build
    private final Sections sections
    private Map whole
    private Map options

    Declarative(Steps script) {
        this.script = script
        this.build = script.build
        this.sections = new Sections(script)
    }

    void carryOut(Closure block) {
        whole = sections.pipeline(block)
        options = sections.options(whole.options)
        List failures = []
        boolean ended = false
        attempt(failures) {
            inAgent(sections.agent(whole.agent)) {
                build.within(sections.environment(whole.environment)) {
                    around(options.around) {
                        add(failures, sequence(whole.stages, null, sections.agent(whole.agent)))
                        ended = true
                        post(whole.post, failures, null)
                        if (failures) throw failures[0]
                    }
                }
            }
        }
        if (!ended) post(whole.post, failures, null)
    }

    /** All stages of a list; those behind an error are skipped. Gives the first error. */
    private Exception sequence(Closure block, Map parent, Map agent) {
        List failures = []
        sections.stages(block).each { name, body -> add(failures, stage(name, sections.stage(body), agent, failures)) }
        if (parent != null) post(parent.post, failures, failures ? failures[0] : null)
        failures ? failures[0] : null
    }

    private Exception stage(String name, Map stage, Map agent, List before) {
        if (before) return skipped(name, 'an earlier failure')
        if ('skipStagesAfterUnstable' in options.flags && build.result == 'UNSTABLE') {
            return skipped(name, 'an unstable result')
        }
        build.tell('stage', [name: name])
        def when = new Conditions(script, stage.when)
        List failures = []
        boolean took = true
        attempt(failures) {
            took = inTurn(name, when, stage, sections.agent(stage.agent)) { inner(name, stage, agent) }
        }
        // Only the post of parallel stages stands outside of what is around them.
        if (took && stage.parallel) post(stage.post, failures, failures ? failures[0] : null)
        String result = failures ? Endings.resultOf(failures[0]) : took ? 'SUCCESS' : 'NOT_BUILT'
        build.tell('stage over', [name: name, result: result])
        failures ? failures[0] : null
    }

    /** Whether the stage took place, for `when` may be asked at four moments. */
    private boolean inTurn(String name, Conditions when, Map stage, Map agent, Closure body) {
        if (when.beforeOptions && !when.hold()) return false
        boolean asked = when.beforeOptions
        boolean took = false
        around(sections.options(stage.options).around) {
            if (!asked && when.beforeInput) {
                if (!when.hold()) return
                asked = true
            }
            afterInput(name, stage.input) {
                if (!asked && (when.beforeAgent || stage.parallel)) {
                    if (!when.hold()) return
                    asked = true
                }
                inAgent(agent, sections.options(stage.options).flags) {
                    if (!asked && !when.hold()) return
                    took = true
                    build.within(sections.environment(stage.environment), body)
                }
            }
        }
        took
    }

    private void inner(String name, Map stage, Map agent) {
        Map own = sections.agent(stage.agent) ?: agent
        if (stage.parallel) {
            Map branches = sections.stages(stage.parallel).collectEntries { title, body ->
                [title, { -> thrown(this.stage(title, sections.stage(body), own, [])) }]
            }
            if (stage.failFast || 'parallelsAlwaysFailFast' in options.flags) branches.failFast = true
            script.parallel(branches)
            return
        }
        if (stage.stages) {
            thrown(sequence(stage.stages, stage, own))
            return
        }
        List failures = []
        attempt(failures) { Words.carryOut(stage.steps, script) }
        post(stage.post, failures, failures ? failures[0] : null)
        if (failures) throw failures[0]
    }

    private void thrown(Exception ended) {
        if (ended) throw ended
    }

    private Exception skipped(String name, String reason) {
        build.tell('skipped', [name: name, reason: reason])
        null
    }

    // ------------------------------------------------------------ around stages

    private void around(List wrappers, Closure body) {
        if (!wrappers) {
            body.call()
            return
        }
        def (name, given) = wrappers[0]
        script."$name"(*given) { around(wrappers.drop(1), body) }
    }

    private void afterInput(String name, Closure block, Closure body) {
        if (block == null) {
            body.call()
            return
        }
        // Without an id the prompt is called after its stage.
        Map asked = [id: name] + sections.input(block)
        def who = script.input(asked)
        build.within(asked.submitterParameter ? [(asked.submitterParameter): who] : [:], body)
    }

    private void inAgent(Map agent, List flags = [], Closure body) {
        if (agent == null) {
            body.call()
            return
        }
        script.node(agent.label ?: 'any') {
            if (!('skipDefaultCheckout' in options.flags + flags)) script.checkout(script.scm)
            if (agent.image) build.tell('image', [name: agent.image])
            body.call()
        }
    }

    // ------------------------------------------------------------ errors and post

    private void attempt(List failures, Closure body) {
        try {
            body.call()
        } catch (Exception failure) {
            build.setResult(Endings.resultOf(build.expected(failure)))
            add(failures, failure)
        }
    }

    private void add(List failures, Exception failure) {
        if (failure && !(failure in failures)) failures << failure
    }

    /** The conditions that hold, in the documented order, none of which keeps the next from its turn. */
    private void post(Closure block, List failures, Exception ofStage) {
        Map asked = sections.post(block)
        Sections.CONDITIONS.each { condition ->
            String result = Endings.worse(build.result, ofStage ? Endings.resultOf(ofStage) : null) ?: 'SUCCESS'
            if (!asked[condition] || !holds(condition, result)) return
            build.tell('post', [condition: condition])
            attempt(failures) { Words.carryOut(asked[condition], script) }
        }
    }

    private boolean holds(String condition, String result) {
        String before = build.scenario.resultBefore
        switch (condition) {
            case ['always', 'cleanup']: return true
            case 'aborted': return result == 'ABORTED'
            case 'failure': return result == 'FAILURE'
            case 'success': return result == 'SUCCESS'
            case 'unstable': return result == 'UNSTABLE'
            case 'notBuilt': return result == 'NOT_BUILT'
            case 'unsuccessful': return result != 'SUCCESS'
            case 'changed': return before != result
            case 'fixed': return before in ['FAILURE', 'UNSTABLE'] && result == 'SUCCESS'
            case 'regression': return before == 'SUCCESS' && result != 'SUCCESS'
        }
    }
}
