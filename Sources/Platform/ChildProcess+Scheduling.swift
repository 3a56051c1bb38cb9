internal import Glibc

extension ChildProcess {
    /// Lets everything else go first where the machine is busy (nice 19). Where that is not possible it goes on as it
    /// was: what it does is not made wrong by being done sooner.
    package func yieldToOthers() {
        _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), id_t(pid), 19)
    }

    /// The processor time that it has used so far, in nanoseconds; nil once it is gone.
    package func processorNanoseconds() -> Int64? {
        var clock = clockid_t()
        var time = timespec()
        guard clock_getcpuclockid(pid, &clock) == 0, clock_gettime(clock, &time) == 0 else { return nil }
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
