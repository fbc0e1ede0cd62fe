/** The ways in which something ends that does not go on. */
class Endings {
    static final List<String> RESULTS = ['SUCCESS', 'UNSTABLE', 'FAILURE', 'NOT_BUILT', 'ABORTED']

    static String worse(String one, String other) {
        if (one == null || other == null) return one ?: other
        RESULTS.indexOf(one) >= RESULTS.indexOf(other) ? one : other
    }

    /** What an exception makes of a run. */
    static String resultOf(Throwable thrown) { thrown instanceof Interrupted ? 'ABORTED' : 'FAILURE' }
}
