//go:build linux

package bpf

import (
	"errors"
	"fmt"
	"testing"

	"github.com/cilium/ebpf"
)

func TestLoadEach(t *testing.T) {
	spec, err := loadProbes()
	if err != nil {
		t.Fatal(err)
	}
	for name := range spec.Programs {
		s := spec.Copy()
		for n := range s.Programs {
			if n != name {
				delete(s.Programs, n)
			}
		}
		c, err := ebpf.NewCollectionWithOptions(s, ebpf.CollectionOptions{Programs: ebpf.ProgramOptions{LogLevel: ebpf.LogLevelStats}})
		var ve *ebpf.VerifierError
		if errors.As(err, &ve) {
			t.Errorf("%s: %-25v", name, ve)
			l := ve.Log
			for _, x := range l[max(0, len(l)-12):] {
				fmt.Println(name, x)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		l := c.Programs[name].VerifierLog
		fmt.Println(name, l)
		c.Close()
	}
}
