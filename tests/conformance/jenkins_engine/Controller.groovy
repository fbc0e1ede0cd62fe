import groovy.json.JsonOutput
import groovy.json.JsonSlurper
import java.util.concurrent.Callable
import java.util.concurrent.Executors

/**
 * Reads a JSON list of groups of runs on stdin and writes what became of each. Runs of a group share a world and take
 * place one after the other; groups take place side by side.
 */
class Controller {
    static Map carryOut(Map scenario) {
        def build = new Build(scenario)
        try {
            if (scenario.fresh) fresh(scenario)
            new File(scenario.folder as String).mkdirs()
            def script = Jenkinsfiles.parsed(new File(scenario.file as String).getText('UTF-8'))
            return started(script, build)
        } catch (Suspended stop) {
            return ended(build, 'WAITING')
        } catch (UnknownConstruct construct) {
            return ended(build, 'UNKNOWN')
        } finally {
            new File(scenario.folder as String).deleteDir()
        }
    }

    /** The first run that asks keeps the folder as it is; for those behind it, it is as it was then. */
    private static void fresh(Map scenario) {
        def place = new File(scenario.fresh.place as String)
        def kept = new File(scenario.fresh.kept as String)
        boolean isFirst = !kept.exists()
        if (!isFirst) place.deleteDir()
        Files.run(isFirst ? place : kept, 'cp', '-a', '.', (isFirst ? kept : place).path)
    }

    private static Map started(Steps script, Build build) {
        Closure declared
        script.metaClass.pipeline = { Closure block -> declared = block }
        script.enter(build)
        script.run()
        def sections = new Sections(script)
        Map whole = sections.pipeline(declared)
        Map refused = new Form(build, sections).refusal(whole)
        if (refused) return refused
        try {
            new Declarative(script).carryOut(declared)
        } catch (Exception thrown) {
            build.setResult(Endings.resultOf(build.expected(thrown)))
        }
        ended(build, build.result ?: 'SUCCESS')
    }

    private static Map ended(Build build, String result) {
        [result: build.unknown ? 'UNKNOWN' : result, unknown: build.unknown, told: build.told]
    }

    static void main(String... arguments) {
        def pool = Executors.newFixedThreadPool(2)
        List groups = new JsonSlurper().parse(System.in)
        List done = groups.collect { group -> pool.submit({ group.collect { carryOut(it) } } as Callable) }
        String text = JsonOutput.toJson(done*.get())
        pool.shutdown()
        println text
    }
}
