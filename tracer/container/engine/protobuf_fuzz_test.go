package engine

import (
	"bytes"
	"testing"
)

// FuzzContainer: of any answer each text that is told is in it. The corpus is by hand, as
// containerd's API describes its answer.
func FuzzContainer(f *testing.F) {
	f.Add([]byte("\x0a\x10\x0a\x03web\x12\x04\x0a\x01k\x12\x01v"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		image, labels, err := decodeContainer(raw)
		if err != nil {
			return
		}
		texts := []string{image}
		for key, value := range labels {
			texts = append(texts, key, value)
		}
		for _, text := range texts {
			if !bytes.Contains(raw, []byte(text)) {
				t.Errorf("%q is not in %q", text, raw)
			}
		}
	})
}
