/** `currentBuild`, as far as files ask. */
class CurrentBuild {
    private final Build run

    CurrentBuild(Build run) { this.run = run }

    String getResult() { run.result }
    void setResult(String worst) { run.setResult(worst) }
    String getCurrentResult() { run.result ?: 'SUCCESS' }
    long getDuration() { run.clock }
    List getBuildCauses(String kind) { (run.scenario.causes ?: []).findAll { it.'class' == kind } }
    def propertyMissing(String name) { throw run.unknown("currentBuild.$name") }
    def methodMissing(String name, arguments) { throw run.unknown("currentBuild.$name()") }
}
