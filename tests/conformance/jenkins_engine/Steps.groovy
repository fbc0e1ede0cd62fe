/** Jenkins' steps as a script calls them, each as its page on jenkins.io/doc/pipeline/steps says. */
abstract class Steps extends Script {
    Build build

    void enter(Build run) {
        build = run
        binding.variables.putAll([env: new RunEnvironment(run), params: run.scenario.params, scm: 'scm',
            currentBuild: new CurrentBuild(run), docker: new Docker(this)])
    }

    def methodMissing(String name, arguments) { throw build.unknown("the step $name") }
    def propertyMissing(String name) { throw build.unknown("the variable $name") }

    /** Generated methods that are jobs of their own are told apart from what they call. */
    def ranAs(String method, String work) { build.ranAs(method) { this."$work"() } }

    protected void known(String step, Map given, String... words) {
        def other = given.keySet() - (words as List)
        if (other) throw build.unknown("$other of the step $step")
    }

    // ------------------------------------------------------------ around other steps

    def script(Closure body) { body.call() }
    def timestamps(Closure body) { body.call() }

    def withEnv(List given, Closure body) {
        Map level = given.collectEntries { def at = it.indexOf('='); [it.substring(0, at), it.substring(at + 1)] }
        def odd = level.keySet().find { it.contains('+') }
        if (odd) throw build.unknown("withEnv of $odd")
        build.within(level, body)
    }

    def timeout(Map given, Closure body) {
        build.alive()
        known('timeout', given, 'time', 'unit')
        Map units = [SECONDS: 1000L, MINUTES: 60000L, HOURS: 3600000L, DAYS: 86400000L]
        if (!units[given.unit ?: 'MINUTES']) throw build.unknown("the unit $given.unit")
        build.until((given.time as long) * units[given.unit ?: 'MINUTES'], body)
    }

    def lock(Map given, Closure body) {
        build.alive()
        known('lock', given, 'resource', 'inversePrecedence')
        build.tell('lock', given)
        try {
            body.call()
        } finally {
            if (!build.suspended) build.tell('unlock', given)
        }
    }

    def catchError(Map given = [:], Closure body) {
        known('catchError', given, 'buildResult', 'stageResult', 'catchInterruptions', 'message')
        try {
            body.call()
        } catch (Interrupted end) {
            if (given.catchInterruptions == false) throw end
            caught(given, end)
        } catch (Exception failure) {
            caught(given, build.expected(failure))
        }
    }

    protected void caught(Map given, Exception failure) {
        build.tell('caught', [message: failure.message])
        if ((given.buildResult ?: 'FAILURE') != 'SUCCESS') build.setResult(given.buildResult ?: 'FAILURE')
    }

    def stage(String name, Closure body) {
        build.alive()
        build.tell('stage', [name: name])
        body.call()
    }

    def node(String label, Closure body) {
        build.alive()
        def place = new File(build.scenario.folder as String, 'node-' + (++build.nodes))
        new File(place, '.pipegen').mkdirs()
        // Agents keep their folders from run to run.
        new File(place, '.pipegen/outputs').text = 'LEFT=by another run\n'
        build.tell('node', [label: label])
        build.within([WORKSPACE: place.path, NODE_NAME: label, PATH: build.scenario.path]) { build.inFolder(place, body) }
    }

    /** Branches share nothing, so that one after the other is as good as side by side; but an abort reaches them all. */
    def parallel(Map given) {
        Map branches = given.findAll { name, body -> name != 'failFast' }
        Set before = build.over
        Set over = before
        List failures = []
        Interrupted spreads
        boolean waits = false
        branches.each { name, body ->
            build.over = before as Set
            build.pending = spreads
            boolean wasAborted = build.aborted
            try {
                body.call()
            } catch (Suspended stop) {
                if (build.unknown) throw stop
                waits = true
                build.suspended = false
            } catch (Exception failure) {
                failures << build.expected(failure)
                if (given.failFast) spreads = spreads ?: new Interrupted('fail fast')
            }
            if (build.aborted && !wasAborted) spreads = new Interrupted('person')
            over = over + build.over
        }
        build.pending = null
        build.over = over
        if (waits) throw build.suspend()
        if (failures) throw failures.find { it instanceof Interrupted } ?: failures[0]
    }

    // ------------------------------------------------------------ credentials

    def string(Map given) { [kind: 'string'] + given }
    def file(Map given) { [kind: 'file'] + given }
    def usernamePassword(Map given) { [kind: 'usernamePassword'] + given }

    def withCredentials(List given, Closure body) {
        build.alive()
        Map level = [:]
        given.each { level += bound(it) }
        build.within(level, body)
    }

    protected Map bound(Map one) {
        Map found = build.scenario.credentials?.get(one.credentialsId)
        if (!found) throw new Failed("Could not find credentials entry with ID '$one.credentialsId'")
        if (found.kind != one.kind) throw new Failed("Credentials '$one.credentialsId' is of type '$found.kind'")
        build.tell('credential', [id: one.credentialsId, job: build.jobs ? build.jobs.last() : null])
        if (one.kind != 'usernamePassword') return [(one.variable): found.value]
        [(one.usernameVariable): found.username, (one.passwordVariable): found.password]
    }

    // ------------------------------------------------------------ scripts and people

    def sh(String script) { sh([script: script]) }

    def sh(Map given) {
        build.alive()
        known('sh', given, 'script', 'label', 'returnStatus', 'returnStdout')
        new Shell(build, given).carryOut()
    }

    def input(Map given) {
        build.alive()
        known('input', given, 'id', 'message', 'ok', 'submitter', 'submitterParameter')
        new Prompt(build, given).answer()
    }

    def echo(String message) { build.tell('echo', [message: message]) }

    def error(String message) {
        build.alive()
        throw new Failed(message)
    }

    def unstable(String message) { build.setResult('UNSTABLE') }

    def milestone(Map given) {
        build.alive()
        known('milestone', given, 'ordinal')
        if (given.ordinal <= build.lastMilestone) throw new Failed("Invalid ordinal $given.ordinal")
        build.lastMilestone = given.ordinal
        build.tell('milestone', given)
    }

    // ------------------------------------------------------------ files

    def dir(String path, Closure body) { build.inFolder(build.here(path), body) }
    def deleteDir() { build.alive(); build.here().deleteDir(); build.here().mkdirs() }
    boolean fileExists(String path) { build.alive(); build.here(path).exists() }

    String readFile(String path) {
        build.alive()
        if (!build.here(path).exists()) throw new Failed("$path does not exist")
        build.here(path).getText('UTF-8')
    }

    def writeFile(Map given) {
        build.alive()
        known('writeFile', given, 'file', 'text', 'encoding')
        build.here(given.file).parentFile.mkdirs()
        build.here(given.file).setText(given.text, given.encoding ?: 'UTF-8')
    }

    def checkout(given) { build.alive(); Files.checkOut(build) }

    def stash(Map given) {
        build.alive()
        known('stash', given, 'name', 'includes', 'useDefaultExcludes')
        Files.stash(build, given)
    }

    def unstash(String name) { build.alive(); Files.unstash(build, name) }

    def archiveArtifacts(Map given) {
        build.alive()
        known('archiveArtifacts', given, 'artifacts', 'fingerprint', 'allowEmptyArchive')
        List found = Files.matching(build, given.artifacts)
        if (!found && !given.allowEmptyArchive) throw new Failed("No artifacts found that match \"$given.artifacts\"")
        build.tell('archived', [names: found*.name])
    }

    def junit(Map given) {
        build.alive()
        known('junit', given, 'testResults', 'allowEmptyResults', 'skipMarkingBuildUnstable')
        List found = Files.matching(build, given.testResults)
        if (!found && !given.allowEmptyResults) throw new Failed('No test report files were found. Configuration error?')
        if (found.any { it.text.contains('<failure') } && !given.skipMarkingBuildUnstable) build.setResult('UNSTABLE')
    }

    String readTrusted(String path) {
        build.alive()
        if (path in build.scenario.untrusted) throw new Failed("'$path' has been modified in an untrusted revision")
        Files.ofRevision(build, path).getText('UTF-8')
    }

    def load(String path) {
        build.alive()
        def loaded = Jenkinsfiles.parsed(build.here(path).getText('UTF-8'))
        loaded.enter(build)
        build.tell('load', [path: path])
        loaded.run()
    }
}
