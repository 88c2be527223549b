package report

// Checkup is what the command doctor found of a machine.
type Checkup struct {
	Verdict Verdict
	Checks  []Check
}

// Verdict says what tracing comes to on a machine.
type Verdict string

// The verdicts, the best first.
const (
	Usable   Verdict = "usable"
	Degraded Verdict = "degraded" // it traces, and something that it could tell is missing
	Unusable Verdict = "not_usable"
)

// Check is what was found of one thing.
type Check struct {
	// Name is what was looked at, and Of which of several: a program, a runtime.
	Name, Of string
	Status   Status
	// For is what misses it when it is missing.
	For Need
	// Says is what was found, and Mend what to do where something is missing.
	Says, Mend string
	// Cost is what was measured of system calls; nil elsewhere.
	Cost *SyscallCost
}

// Status is the result of a check.
type Status string

// The results. What cannot be looked at is unknown, never guessed.
const (
	Found      Status = "found"
	Missing    Status = "missing"
	Unknowable Status = "unknown"
)

// Need is what a thing is needed for.
type Need string

// The needs.
const (
	ForTracing Need = "tracing"     // without it there is none
	ForPart    Need = "part"        // without it some of what could be told is absent
	ForNothing Need = "information" // it changes nothing
)

// SyscallCost is the time of a system call that does next to nothing, without and
// with the mode that watches them, in nanoseconds.
type SyscallCost struct{ PlainNS, WatchedNS float64 }

// Conclude sets the verdict by what is missing.
func (c *Checkup) Conclude() {
	c.Verdict = Usable
	for _, check := range c.Checks {
		switch {
		case check.Status != Missing:
		case check.For == ForTracing:
			c.Verdict = Unusable
			return
		case check.For == ForPart:
			c.Verdict = Degraded
		}
	}
}
