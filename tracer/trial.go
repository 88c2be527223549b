//go:build linux

package tracer

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
	"github.com/cilium/ebpf/link"

	"github.com/ptrace-ns/ptrace-ns/bpf"
)

// Trial is what came of loading one program by itself.
type Trial struct {
	// Program is its name; where there are two for one tracepoint, that of the one
	// which this kernel's BTF asks for.
	Program string
	// Hook is what it is attached to: the tracepoint, or task for the iterator.
	Hook string
	// Iterator says that it runs when it is read, and not at a tracepoint.
	Iterator bool
	// Instructions is how many the verifier passed, 0 where the kernel does not tell.
	Instructions uint32
	// Err is why it cannot be used; nil says that it was verified and attached.
	Err error
}

// TryPrograms loads and attaches each program by itself, those of Options.Syscalls
// included, and takes it away again. Its error says that none could be tried; a
// *NotPossibleError names what is missing for tracing with a ring of bufferBytes.
func TryPrograms(bufferBytes int) (trials []Trial, err error) {
	if err := checkPossible(needs{buffer: bufferBytes, files: filesToTrace}); err != nil {
		return nil, err
	}
	spec, types, err := trialSpec(Options{Syscalls: true, Threads: true, Env: true})
	if err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(spec.Programs)) {
		program := spec.Programs[name]
		t := Trial{Program: name, Hook: program.AttachTo, Iterator: name == bpf.ProgSnapshot}
		var held io.Closer
		if held, t.Instructions, t.Err = tryOne(spec, types, name); t.Err == nil {
			t.Err = held.Close()
		}
		trials = append(trials, t)
	}
	return trials, nil
}

// TryTwice has two tracers' programs for births attached at the same time.
func TryTwice() error {
	spec, types, err := trialSpec(Options{})
	if err != nil {
		return err
	}
	one, _, err := tryOne(spec, types, last)
	if err != nil {
		return err
	}
	two, _, err := tryOne(spec, types, last)
	if err != nil {
		return errors.Join(err, one.Close())
	}
	return errors.Join(two.Close(), one.Close())
}

// AttachSyscalls attaches what Options.Syscalls adds and nothing else: from then on
// each system call of the machine costs what it would cost in that mode, until the
// closer is closed. What is recorded is read by nobody.
func AttachSyscalls() (io.Closer, error) {
	spec, types, err := trialSpec(Options{Syscalls: true})
	if err != nil {
		return nil, err
	}
	var all held
	for _, name := range []string{bpf.ProgSysEnter, bpf.ProgSysExit} {
		one, _, err := tryOne(spec, types, name)
		if err != nil {
			return nil, errors.Join(err, all.Close())
		}
		all = append(all, one)
	}
	return all, nil
}

// trialSpec has the programs that this kernel has tracepoints for, with a ring of the
// smallest size.
func trialSpec(opts Options) (*ebpf.CollectionSpec, *btf.Cache, error) {
	if err := checkPossible(needs{files: filesToLook}); err != nil {
		return nil, nil, err
	}
	spec, err := bpf.Spec()
	if err != nil {
		return nil, nil, err
	}
	types := btf.NewCache()
	kernel, err := types.Kernel()
	if err != nil {
		return nil, nil, noTypes(err)
	}
	if err := chooseVariants(spec, kernel, opts); err != nil {
		return nil, nil, err
	}
	opts.BufferBytes = opts.MinBuffer()
	opts = opts.withDefaults()
	subsys, hierarchy := v1Controller(kernel)
	if err := setKnobs(spec, subsys, hierarchy, opts); err != nil {
		return nil, nil, err
	}
	for name, m := range spec.Maps {
		if name != bpf.MapRing && m.MaxEntries > 1 {
			m.MaxEntries = 64 // next to nothing is kept in them, and their real size is charged 14 times over
		}
	}
	spec.Maps[bpf.MapRing].MaxEntries = uint32(opts.BufferBytes)
	return spec, types, nil
}

// tryOne loads and attaches one program, with maps of its own.
func tryOne(spec *ebpf.CollectionSpec, types *btf.Cache, name string) (_ io.Closer, instructions uint32, err error) {
	program := spec.Programs[name]
	if program == nil {
		return nil, 0, fmt.Errorf("bpf object: no program %s", name)
	}
	one := *spec
	one.Programs = map[string]*ebpf.ProgramSpec{name: program}
	loaded, err := ebpf.NewCollectionWithOptions(one.Copy(), ebpf.CollectionOptions{Cache: types})
	if err != nil {
		return nil, 0, whyNot("the program "+name, err)
	}
	all := held{closer(loaded.Close)}
	if info, err := loaded.Programs[name].Info(); err == nil {
		instructions, _ = info.VerifiedInstructions()
	}
	if name == bpf.ProgSnapshot {
		err = readOnce(loaded.Programs[name])
	} else {
		var l link.Link
		if l, err = attach(name, loaded.Programs[name]); err == nil {
			all = append(all, l)
		}
	}
	if err != nil {
		return nil, instructions, errors.Join(err, all.Close())
	}
	return all, instructions, nil
}

// readOnce runs the iterator to its end.
func readOnce(prog *ebpf.Program) error {
	iter, err := link.AttachIter(link.IterOptions{Program: prog})
	if err != nil {
		return whyNot("the task iterator", err)
	}
	defer func() { _ = iter.Close() }() // only read
	file, err := iter.Open()
	if err != nil {
		return whyNot("the task iterator", err)
	}
	defer func() { _ = file.Close() }() // only read
	if n, err := io.Copy(io.Discard, file); err != nil {
		return fmt.Errorf("task iterator: %w", err)
	} else if n == 0 {
		return errors.New("task iterator: shows no process")
	}
	return nil
}

// held closes what it holds, the latest first.
type held []io.Closer

func (h held) Close() error {
	var errs []error
	for _, c := range slices.Backward(h) {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}

type closer func()

func (c closer) Close() error {
	c()
	return nil
}
