// Package record is the recording file: the event stream as zstd-compressed
// NDJSON, in frames that stand each by itself. Writer is a Sink, Reader a Source;
// docs/recording.md describes the format.
//
// It knows events, their encoding and compression. It must not know the kernel,
// what files are called or who may write them, and who looks at what was
// recorded. Whatever it reads may have been written by anybody: sizes are bounded
// before memory is taken, and nothing is given that its checksum does not vouch for.
package record

import "github.com/ptrace-ns/ptrace-ns/events/ndjson"

// Trailer is the last line of a recording.
type Trailer = ndjson.Trailer

// The bounds of a recording, for those who write and those who read.
const (
	// MaxFrame is the most that a frame holds, in bytes before compression.
	MaxFrame = 16 << 20
	// maxPacked is the most that a frame takes in the file: what does not compress
	// grows by its headers.
	maxPacked = MaxFrame + MaxFrame/64
)

// The options by which the header of a later file of a recording of several says what it
// goes on with. Reader takes the files one behind the other, as `cat` joins them.
const (
	// OptionPart is which of the files this is: 2 or more.
	OptionPart = "part"
	// OptionContinues is the name of the file before.
	OptionContinues = "continues"
	// OptionSnapshot is with how many snapshots of those who lived then the file begins.
	// Their numbers come before those of the file's own events, in the midst of those of
	// the file before. In what was chosen of such a file there may be fewer.
	OptionSnapshot = "snapshot"
	// OptionLeftOut is for how many more there was no room.
	OptionLeftOut = "snapshot_left_out"
)
