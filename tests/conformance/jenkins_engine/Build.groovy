/** A run under way: its variables, its clock, where it is in the file, and what it told. */
class Build {
    final Map scenario
    final List<Map> told = []
    final List<Map> levels = []
    final List<File> folders = []
    final List<Long> deadlines = []
    final List<String> jobs = []
    final Map stashes = [:]
    final Map counted = [:]
    /** The jobs that were over, as the branch sees it that is carried out. */
    Set over = []
    long clock = 0
    int nodes = 0
    int lastMilestone = 0
    String result
    String unknown
    boolean aborted = false
    boolean suspended = false
    Interrupted pending

    Build(Map scenario) {
        this.scenario = scenario
        Map given = (scenario.params ?: [:]).collectEntries { name, value -> [name, '' + value] }
        levels << (given + (scenario.env ?: [:]))
    }

    Map tell(String step, Map what = [:]) {
        told << ([step: step] + what)
        told.last()
    }

    UnknownConstruct unknown(String what) {
        unknown = unknown ?: what
        new UnknownConstruct(what)
    }

    /** Before every step: a run that stands still does nothing, and an end from outside comes with the next step. */
    void alive() {
        if (suspended || unknown) throw new Suspended()
        if (pending) {
            def ended = pending
            pending = null
            throw ended
        }
    }

    /** A failure that no step makes is a mistake of the file or of this engine, and no end that Jenkins knows. */
    Exception expected(Exception thrown) {
        if (thrown instanceof Failed || thrown instanceof Interrupted) return thrown
        def at = thrown.stackTrace.find { it.fileName?.endsWith('.groovy') }
        throw unknown("$thrown at $at")
    }

    Suspended suspend() {
        suspended = true
        new Suspended()
    }

    void setResult(String worst) { result = Endings.worse(result, worst) }

    // ------------------------------------------------------------ variables and folders

    /** As in Jenkins: the innermost wins, and an empty value removes a variable. */
    Map<String, String> variables() {
        Map all = levels.inject([:]) { found, level -> found + level }
        all.findAll { name, value -> value }
    }

    def within(Map level, Closure body) {
        levels << level
        try { body.call() } finally { levels.pop() }
    }

    File here(String path = '.') {
        if (!folders) throw new Failed('Required context class hudson.FilePath is missing')
        new File(folders.last(), path)
    }

    def inFolder(File folder, Closure body) {
        folders << folder
        try { body.call() } finally { folders.pop() }
    }

    // ------------------------------------------------------------ time

    def until(long milliseconds, Closure body) {
        deadlines << (clock + milliseconds)
        try { body.call() } finally { deadlines.pop() }
    }

    /** Nothing happens until the first limit is met. */
    Throwable waitForLimit() {
        if (!deadlines) return suspend()
        clock = Math.max(clock, deadlines.min())
        new Interrupted('limit')
    }

    // ------------------------------------------------------------ jobs of the neutral form

    /** Carries out a method of the file that is a job, or a part of one, for those who asked. */
    def ranAs(String method, Closure body) {
        String job = scenario.places?.get(method)
        if (job == null) return body.call()
        tell('begin', [job: job, after: over.toList()])
        jobs << job
        String ended = 'waiting'
        try {
            body.call()
            ended = 'success'
        } catch (Interrupted end) {
            ended = end.by in ['person', 'fail fast'] ? 'cancelled' : 'failed'
            throw end
        } catch (Exception failure) {
            ended = 'failed'
            tell('failure', [message: failure.message])
            throw failure
        } finally {
            jobs.pop()
            if (!suspended) over << job
            tell('end', [job: job, result: ended])
        }
    }

    /** The id of a script by its title, in the order of those that share one; null if it is none of the spec's. */
    String scriptId(String label) {
        List ids = jobs ? scenario.steps?.get(jobs.last())?.get(label) : null
        if (!ids) return null
        int seen = counted.get([jobs.last(), label], 0)
        counted[[jobs.last(), label]] = seen + 1
        ids[Math.min(seen, ids.size() - 1)]
    }
}
