package e2e

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
)

// kernelObject is a BPF program, map or link by the kernel's id.
type kernelObject struct {
	kind string // prog_id, map_id, link_id, as in fdinfo
	id   uint32
}

// objectsOf returns the BPF objects that a process holds. Nobody else's are told:
// other tracers may run.
func objectsOf(t testing.TB, pid int) []kernelObject {
	t.Helper()
	dir := fmt.Sprintf("/proc/%d/fdinfo", pid)
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	var held []kernelObject
	for _, entry := range entries {
		info, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			continue // closed meanwhile
		}
		for text := range strings.Lines(string(info)) {
			name, value, _ := strings.Cut(text, ":")
			if name != "prog_id" && name != "map_id" && name != "link_id" {
				continue
			}
			if id, err := strconv.ParseUint(strings.TrimSpace(value), 10, 32); err == nil && id != 0 {
				held = append(held, kernelObject{name, uint32(id)})
			}
		}
	}
	return held
}

// exists asks the kernel whether it still has the object.
func (o kernelObject) exists() bool {
	switch o.kind {
	case "prog_id":
		p, err := ebpf.NewProgramFromID(ebpf.ProgramID(o.id))
		if err == nil {
			p.Close()
		}
		return !errors.Is(err, os.ErrNotExist)
	case "map_id":
		m, err := ebpf.NewMapFromID(ebpf.MapID(o.id))
		if err == nil {
			m.Close()
		}
		return !errors.Is(err, os.ErrNotExist)
	default:
		l, err := link.NewFromID(link.ID(o.id))
		if err == nil {
			l.Close()
		}
		return !errors.Is(err, os.ErrNotExist)
	}
}

// checkGone fails the test when the kernel still has one of the objects. It frees
// them a little after the last file is closed.
func checkGone(t testing.TB, objects []kernelObject) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for _, o := range objects {
		for o.exists() {
			if time.Now().After(deadline) {
				t.Errorf("left in the kernel: %s %d", o.kind, o.id)
				break
			}
			time.Sleep(5 * time.Millisecond)
		}
	}
}
