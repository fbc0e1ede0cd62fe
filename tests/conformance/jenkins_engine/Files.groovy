import java.nio.file.FileSystems

/** Repositories, and what jobs hand to each other: folders on this machine. */
class Files {
    private static final Map IDENTITY = [GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null',
        GIT_AUTHOR_NAME: 'Jenkins', GIT_AUTHOR_EMAIL: 'jenkins@example.com',
        GIT_COMMITTER_NAME: 'Jenkins', GIT_COMMITTER_EMAIL: 'jenkins@example.com']

    /** The whole history at the commit of the run, in whatever the folder holds already. */
    static Map checkOut(Build build) {
        def clone = ofRevision(build, '.')
        run(build.here(), 'cp', '-a', clone.path, build.here().path)
        String commit = run(clone, 'git', 'rev-parse', 'HEAD')
        build.tell('checkout', [commit: commit])
        Map found = [GIT_COMMIT: commit, GIT_URL: 'origin']
        if (build.scenario.previous) found.GIT_PREVIOUS_SUCCESSFUL_COMMIT = build.scenario.previous
        found
    }

    /** A file as the run's revision has it; clones are made once. */
    static File ofRevision(Build build, String path) {
        Map source = build.scenario.repository
        if (!source) throw build.unknown('a checkout without a repository')
        def clone = new File(source.clones as String, "$source.ref into ${source.into ?: ''}".bytes.encodeHex().toString())
        if (!clone.exists()) {
            def made = new File(clone.path + '.made')
            made.mkdirs()
            fetch(made, source)
            made.renameTo(clone)
        }
        new File(clone, path)
    }

    private static void fetch(File clone, Map source) {
        run(clone, 'git', 'init', '--quiet')
        run(clone, 'git', 'remote', 'add', 'origin', "file://$source.place")
        run(clone, 'git', 'fetch', '--quiet', '--tags', 'origin', '+refs/heads/*:refs/remotes/origin/*')
        run(clone, 'git', 'checkout', '--quiet', '--detach', source.into ? "origin/$source.into" : source.ref)
        if (source.into) run(clone, 'git', 'merge', '--quiet', '--no-ff', '-X', 'theirs', '-m', 'merge', source.ref)
    }

    static List<File> matching(Build build, String pattern) {
        def here = build.here().canonicalFile
        if (!here.exists()) return []
        if (!pattern.contains('*')) return [new File(here, pattern)].findAll { it.isFile() }
        def matcher = FileSystems.default.getPathMatcher('glob:' + pattern)
        List found = []
        here.eachFileRecurse { if (it.isFile() && matcher.matches(here.toPath().relativize(it.toPath()))) found << it }
        found
    }

    static void stash(Build build, Map given) {
        List found = matching(build, given.includes ?: '**')
        if (!found) throw new Failed("No files included in stash '$given.name'")
        def place = new File(build.scenario.folder as String, 'stash-' + given.name)
        place.deleteDir()
        def here = build.here().canonicalFile
        found.each { copy(it, new File(place, here.toPath().relativize(it.toPath()).toString())) }
        build.stashes[given.name] = place
    }

    static void unstash(Build build, String name) {
        File place = build.stashes[name]
        if (!place) throw new Failed("No such saved stash '$name'")
        place.eachFileRecurse { if (it.isFile()) copy(it, build.here(place.toPath().relativize(it.toPath()).toString())) }
    }

    private static void copy(File from, File to) {
        to.parentFile.mkdirs()
        to.bytes = from.bytes
    }

    static String run(File folder, String... command) {
        folder.mkdirs()
        def builder = new ProcessBuilder((command as List)*.toString()).directory(folder).redirectErrorStream(true)
        builder.environment().putAll(IDENTITY)
        def process = builder.start()
        String text = process.inputStream.text.trim()
        if (process.waitFor()) throw new IllegalStateException("${command.join(' ')}: $text")
        text
    }
}
