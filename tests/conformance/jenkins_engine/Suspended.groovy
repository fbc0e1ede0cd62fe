/** The run stays where it is, because nobody answers; nothing that follows happens. */
class Suspended extends Error { }
