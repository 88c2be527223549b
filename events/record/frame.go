package record

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/klauspost/compress/zstd"
)

const (
	maxBlock    = 128 << 10 // RFC 8878, 3.1.1.2.3
	blockHeader = 3
	checksum    = 4
)

var (
	errCut        = errors.New("it ends in the midst of a frame")
	errNoFrame    = errors.New("what is there is no frame")
	errSum        = errors.New("a frame does not match its checksum")
	errTooLarge   = fmt.Errorf("a frame holds more than %d MiB: decompress the file with zstd and read what comes out", MaxFrame>>20)
	errNoChecksum = errors.New("a frame has no checksum: decompress the file with zstd and read what comes out")
)

// unpack reads one frame into dst. On an error nothing of it is consumed. The
// checksum of the frame vouches for what is returned.
func (r *Reader) unpack(dst []byte, m *marker) ([]byte, int, error) {
	n, err := frameSize(&r.in)
	if err != nil {
		return nil, 0, err
	}
	raw, err := r.in.peek(n)
	if err != nil {
		return nil, 0, cut(err)
	}
	if m != nil && (n != int(m.packed) || crc32.Checksum(raw, castagnoli) != m.sum) {
		return nil, 0, errSum
	}
	text, err := r.zstd.DecodeAll(raw, dst[:0])
	switch {
	case errors.Is(err, zstd.ErrDecoderSizeExceeded) || len(text) > MaxFrame:
		return nil, 0, errTooLarge
	case err != nil:
		return nil, 0, fmt.Errorf("frame: %w", err)
	case m != nil && len(text) != int(m.size):
		return nil, 0, errSum
	}
	return text, n, nil
}

// cut is the error of a file that ends too early.
func cut(err error) error {
	if errors.Is(err, io.EOF) {
		return errCut
	}
	return err
}

// frameSize walks over a frame's blocks and returns how many bytes it takes.
// Nothing is taken that is not there.
func frameSize(in *window) (int, error) {
	var h zstd.Header
	head, err := in.peek(zstd.HeaderMaxSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, err
	}
	if err := h.Decode(head); err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return 0, errCut
		}
		return 0, fmt.Errorf("frame: %w", err)
	}
	switch {
	case h.Skippable:
		return 0, errNoFrame
	case h.HasFCS && h.FrameContentSize > MaxFrame, h.WindowSize > MaxFrame:
		return 0, errTooLarge
	case !h.HasCheckSum:
		return 0, errNoChecksum
	}
	return walkBlocks(in, h.HeaderSize)
}

func walkBlocks(in *window, n int) (int, error) {
	for {
		if n > maxPacked {
			return 0, errTooLarge
		}
		b, err := in.peek(n + blockHeader)
		if err != nil {
			return 0, cut(err)
		}
		head := uint32(b[n]) | uint32(b[n+1])<<8 | uint32(b[n+2])<<16
		n += blockHeader
		size := int(head >> 3)
		if size > maxBlock {
			return 0, errNoFrame
		}
		switch head >> 1 & 3 {
		case 1: // one byte, repeated
			n++
		case 3: // reserved
			return 0, errNoFrame
		default:
			n += size
		}
		if head&1 != 0 {
			return n + checksum, nil
		}
	}
}

// magicOf returns the number that begins a frame of any kind.
func magicOf(b []byte) uint32 { return binary.LittleEndian.Uint32(b) }
