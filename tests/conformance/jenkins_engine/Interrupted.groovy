/** A step is ended from outside, Jenkins' FlowInterruptedException: by a person, a limit, a no or a failing neighbour. */
class Interrupted extends InterruptedException {
    final String by
    Interrupted(String by) { super(by); this.by = by }
}
