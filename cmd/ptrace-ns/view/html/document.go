package html

// document is the data of the page. Texts that come often are numbers: places in
// Strings, whose first is the empty one. Times are nanoseconds since recording began;
// -1 stands for no process, namespace or container.
type document struct {
	Meta       meta        `json:"meta"`
	Strings    []string    `json:"strings"`
	Kinds      []string    `json:"kinds"`
	Processes  processes   `json:"processes"`
	Moves      moves       `json:"moves"`
	Namespaces []namespace `json:"namespaces"`
	Containers []container `json:"containers"`
	Starts     []start     `json:"starts"`
	Events     rows        `json:"events"`
}

// meta is what the recording says of itself.
type meta struct {
	File    string `json:"file"`
	Host    string `json:"host"`
	Kernel  string `json:"kernel"`
	Version string `json:"version"` // of the program that recorded
	// StartMS and StartNS are the wall clock when recording began: milliseconds since
	// 1970, and what is left. A number of JavaScript has 53 bits.
	StartMS int64    `json:"start_ms"`
	StartNS int64    `json:"start_ns"`
	End     int64    `json:"end"` // time of the last event
	Pidns   uint32   `json:"pidns"`
	Options []string `json:"options"`
	Whole   bool     `json:"whole"` // there is an end that counts what was recorded
	Lost    uint64   `json:"lost"`  // by that end
	// Gaps are where events are missing.
	Gaps    []gap  `json:"gaps"`
	Damage  string `json:"damage"`
	Skipped string `json:"skipped"`
	// Beyond is how many events are not in the table because they are too many.
	Beyond uint64 `json:"beyond"`
}

// gap is a loss that the stream tells.
type gap struct {
	Since int64  `json:"since"`
	At    int64  `json:"at"`
	Count uint64 `json:"count"`
}

// processes has one column a field; all are equally long.
type processes struct {
	ID        []string  `json:"id"`
	Start     []int64   `json:"start"`
	Life      []uint64  `json:"life"` // 0 is not known, or it lives
	Name      []int32   `json:"name"`
	Command   []int32   `json:"command"`
	Image     []int32   `json:"image"` // where the command does not imply it
	Chain     []int32   `json:"chain"`
	Label     []int32   `json:"label"`
	Facts     [][]int32 `json:"facts"`
	Parent    []int32   `json:"parent"`
	Creator   []int32   `json:"creator"`
	Namespace []int32   `json:"namespace"`
	Container []int32   `json:"container"`
	State     []int32   `json:"state"`
	Exit      []int32   `json:"exit"`
	Killer    []int32   `json:"killer"` // in words, to follow on the exit
	KilledBy  []int32   `json:"killed_by"`
	Flags     []int32   `json:"flags"`
	Story     [][]int32 `json:"story"`
}

// The flags of a process.
const (
	flagKthread = 1 << iota
	flagSubreaper
	flagInit    // PID 1 of its PID namespace
	flagKilled  // ended by a signal
	flagReaped  // by the kernel, at the end of its PID namespace
	flagFailed  // exited with a status that is not 0
	flagBorn    // its birth was seen
	flagUnknown // named by others only
)

// moves are changes of parent.
type moves struct {
	Process []int32 `json:"process"`
	Time    []int64 `json:"time"`
	From    []int32 `json:"from"`
	To      []int32 `json:"to"`
	Why     []int32 `json:"why"`
	Sure    []int32 `json:"sure"` // 1 is seen, 0 foretold
}

type namespace struct {
	Inum      uint32   `json:"inum"`
	Level     int      `json:"level"`
	Parent    int32    `json:"parent"`
	Init      int32    `json:"init"`
	Creator   int32    `json:"creator"`
	Container int32    `json:"container"`
	Via       string   `json:"via"`
	Members   int      `json:"members"`
	Age       string   `json:"age"`
	State     string   `json:"state"` // live, dying or over
	Exit      string   `json:"exit"`  // of its init
	Waiting   []string `json:"waiting"`
}

type container struct {
	ID      string `json:"id"`
	Label   string `json:"label"`
	Runtime string `json:"runtime"`
	Image   string `json:"image"`
	Pod     string `json:"pod"`
}

// start is the life of one container, or of a PID namespace that is none's.
type start struct {
	Title     string   `json:"title"`
	Container int32    `json:"container"`
	Init      int32    `json:"init"`
	Began     int64    `json:"began"` // -1 is not seen, as below
	Runs      int64    `json:"runs"`
	Ended     int64    `json:"ended"`
	Sentences []string `json:"sentences"`
	Phases    []phase  `json:"phases"`
	Absent    []string `json:"absent"`
}

type phase struct {
	Name    string `json:"name"`
	Section string `json:"section"`
	Part    string `json:"part"`
	Process int32  `json:"process"`
	Who     string `json:"who"`
	Begin   int64  `json:"begin"`
	End     int64  `json:"end"` // -1 is not seen
	Moment  bool   `json:"moment"`
}

// rows are the events, one column a field. Seq and Time are differences from the row
// before.
type rows struct {
	Seq       []uint64 `json:"seq"`
	Time      []int64  `json:"time"`
	Kind      []int32  `json:"kind"`
	CPU       []uint32 `json:"cpu"`
	Process   []int32  `json:"process"`
	Other     []int32  `json:"other"` // creator, sender, new parent …
	Container []int32  `json:"container"`
	What      []int32  `json:"what"`
}
