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
