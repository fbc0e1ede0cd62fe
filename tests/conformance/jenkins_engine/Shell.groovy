/** One `sh`: the script is carried out by bash, unless something is to go wrong with it. */
class Shell {
    private final Build build
    private final Map given

    Shell(Build build, Map given) { this.build = build; this.given = given }

    def carryOut() {
        String job = build.jobs ? build.jobs.last() : null
        String id = build.scriptId(given.label ?: '')
        def fault = build.scenario.faults?.get("$job/$id".toString())
        build.here().mkdirs()
        Map seen = [job: job, id: id, label: given.label, variables: build.variables()]
        Map told = build.tell('sh', seen + [result: fault ?: 'success'])
        int code = fault == 'timed out' ? hung() : fault == 'cancelled' ? cancelled() : fault ? 1 : executed(told, job, id)
        if (code && !fault) told.result = 'failed'
        if (given.returnStatus) return code
        if (code) throw new Failed("script returned exit code $code")
        given.returnStdout ? told.printed : null
    }

    private int hung() {
        def own = given.script =~ /timeout --kill-after=\S+ (\d+)m /
        long limit = own.find() ? build.clock + (own.group(1) as long) * 60000 : Long.MAX_VALUE
        // A script that ends itself before Jenkins does has failed, and no more.
        if (limit < (build.deadlines.min() ?: Long.MAX_VALUE)) {
            build.clock = limit
            return 124
        }
        throw build.waitForLimit()
    }

    private int cancelled() {
        build.aborted = true
        throw new Interrupted('person')
    }

    private int executed(Map told, String job, String id) {
        // Programs of the world look here for who calls them.
        if (build.scenario.current) new File(build.scenario.current as String).text = "${job ?: '-'} ${id ?: '-'}\n"
        def file = new File(build.scenario.folder as String, "script-${build.told.size()}.sh")
        file.setText(given.script, 'UTF-8')
        def builder = new ProcessBuilder(interpreter() + [file.path]).directory(build.here()).redirectErrorStream(true)
        builder.environment().clear()
        builder.environment().putAll(told.variables)
        builder.redirectInput(new File('/dev/null'))
        def process = builder.start()
        told.printed = process.inputStream.getText('UTF-8')
        process.waitFor()
    }

    /** As in Jenkins: what the first line names, else the system's shell, which shows commands and stops at errors. */
    private List interpreter() {
        if (!given.script.startsWith('#!')) return ['/bin/sh', '-xe']
        given.script.substring(2).split('\n')[0].trim().tokenize(' ')
    }
}
