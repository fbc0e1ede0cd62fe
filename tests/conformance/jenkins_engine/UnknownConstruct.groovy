/** The file says something that this engine does not know; a test must not pass because of it. */
class UnknownConstruct extends Error {
    UnknownConstruct(String message) { super(message) }
}
