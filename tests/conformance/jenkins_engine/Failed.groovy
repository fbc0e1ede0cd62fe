/** A step fails: Jenkins' AbortException. */
class Failed extends Exception {
    Failed(String message) { super(message) }
}
