/** One `input`: people answer in turn, and only those count whom the step lets submit. */
class Prompt {
    private final Build build
    private final Map given

    Prompt(Build build, Map given) { this.build = build; this.given = given }

    def answer() {
        String id = given.id ?: given.message
        String approval = build.scenario.answers?.containsKey(id) ? id : id.replaceFirst(/-\d+$/, '')
        Map said = build.scenario.answers?.get(approval) ?: [approved_by: []]
        Map told = build.tell('input', [approval: approval, id: given.id, submitter: given.submitter, outcome: 'waiting'])
        while (said.approved_by) {
            def who = said.approved_by.remove(0)
            if (!maySubmit(who)) {
                build.tell('not allowed', [who: who])
                continue
            }
            told.outcome = 'answered'
            return given.submitterParameter ? who : null
        }
        told.outcome = said.rejected_by ? 'rejected' : said.expires ? 'expired' : 'waiting'
        if (said.rejected_by) throw new Interrupted('rejected')
        throw said.expires ? build.waitForLimit() : build.suspend()
    }

    private boolean maySubmit(String who) {
        if (!given.submitter) return true
        List allowed = given.submitter.tokenize(',')*.trim()*.toLowerCase()
        List names = [who] + (build.scenario.groups?.get(who) ?: build.scenario.groups?.get('*') ?: [])
        names.any { it.toLowerCase() in allowed }
    }
}
