package perfetto

import (
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
)

// spool keeps bytes in little memory until they are written: packets are alike.
type spool struct {
	pack   *zstd.Encoder
	unpack *zstd.Decoder
	open   []byte
	packed [][]byte
}

// chunk is how much is packed at once.
const chunk = 1 << 20

func newSpool() (*spool, error) {
	pack, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest))
	if err != nil {
		return nil, fmt.Errorf("compressor of the trace: %w", err)
	}
	unpack, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, fmt.Errorf("compressor of the trace: %w", err)
	}
	return &spool{pack: pack, unpack: unpack}, nil
}

// fill packs what there is when it is enough.
func (s *spool) fill() {
	if len(s.open) < chunk {
		return
	}
	s.packed = append(s.packed, s.pack.EncodeAll(s.open, nil))
	s.open = s.open[:0]
}

// writeTo writes all that was kept, in order.
func (s *spool) writeTo(w io.Writer) error {
	var b []byte
	for _, p := range s.packed {
		var err error
		if b, err = s.unpack.DecodeAll(p, b[:0]); err != nil {
			return fmt.Errorf("kept part of the trace: %w", err)
		}
		if _, err := w.Write(b); err != nil {
			return err
		}
	}
	_, err := w.Write(s.open)
	return err
}
