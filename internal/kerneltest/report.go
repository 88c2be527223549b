package kerneltest

// Fact is one line of a helper's report: what one of its processes says of
// itself, or what a parent learnt from waitid. Numbers are those of the PID
// namespace of the /proc that the helper sees, the initial one on a plain host.
type Fact struct {
	// Say is the kind of line:
	//   self   a process describes itself
	//   exec   a process describes itself just after an exec, arguments included
	//   exit   a process that none of the others waits for says how it will end
	//   wait   a parent tells how a child ended
	//   error  a call failed, as it should
	//   note   a value that belongs to the scenario
	Say string `json:"say"`
	// Role names the process within the scenario; each has one of its own.
	Role string `json:"role"`

	PID   int    `json:"pid"`   // thread group
	TID   int    `json:"tid"`   // thread
	PPID  int    `json:"ppid"`  // real parent's thread group
	PIDs  []int  `json:"pids"`  // at every level, outermost first
	PIDNS uint64 `json:"pidns"` // inode of its own PID namespace
	Start uint64 `json:"start"` // /proc/PID/stat field 22: boot time in clock ticks
	Comm  Hex    `json:"comm"`

	Code   int    `json:"code"`
	Signal int    `json:"signal"`
	Core   bool   `json:"core"`
	Call   string `json:"call"`
	Errno  string `json:"errno"`
	Name   string `json:"name"`
	Value  int64  `json:"value"`

	Exe       Hex    `json:"exe"`
	Argc      int    `json:"argc"`
	ArgsBytes int    `json:"args_bytes"` // with each argument's NUL
	ArgsFNV   string `json:"args_fnv"`   // FNV-1a, 64 bits, hexadecimal, of those bytes
	Args      []Hex  `json:"args"`       // only when there are few
}

// Report is what a helper said, in the order in which it came.
type Report []Fact

// All returns the lines of one kind.
func (r Report) All(say string) Report {
	var some Report
	for _, fact := range r {
		if fact.Say == say {
			some = append(some, fact)
		}
	}
	return some
}

// Find returns the first line of that kind about that role and whether there is one.
func (r Report) Find(say, role string) (Fact, bool) {
	for _, fact := range r {
		if fact.Say == say && fact.Role == role {
			return fact, true
		}
	}
	return Fact{}, false
}
