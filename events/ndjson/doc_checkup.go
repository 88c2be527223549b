package ndjson

// CheckupDoc is what doctor found of a machine.
type CheckupDoc struct {
	// What it comes to: all of it, all but something that is missing, or no tracing.
	Verdict string `json:"verdict" jsonschema:"enum=usable,enum=degraded,enum=not_usable"`
	// What was looked at, in the order of the looks.
	Checks []CheckDoc `json:"checks"`
}

// CheckDoc is what was found of one thing.
type CheckDoc struct {
	// What was looked at.
	Check string `json:"check"`
	// Which of several: a program of the kernel half, a container runtime.
	Of string `json:"of,omitzero"`
	// Whether it is there; unknown is what could not be looked at.
	Status string `json:"status" jsonschema:"enum=found,enum=missing,enum=unknown"`
	// What misses it when it is missing: tracing as a whole, a part of what could be
	// told, or nothing.
	For string `json:"for" jsonschema:"enum=tracing,enum=part,enum=information"`
	// What was found, in words.
	Says string `json:"says"`
	// What to do where something is missing.
	Mend string `json:"mend,omitzero"`
	// What was measured of a system call that does next to nothing.
	Cost *SyscallCostDoc `json:"cost,omitzero"`
}

// SyscallCostDoc is the time of one system call.
type SyscallCostDoc struct {
	// Without tracing, in nanoseconds.
	PlainNS float64 `json:"plain_ns"`
	// While system calls are watched.
	WatchedNS float64 `json:"watched_ns"`
}
