//go:build linux

package tracer

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"

	"github.com/ptrace-ns/ptrace-ns/bpf"
)

// wakeupBytes is how much gathers in the ring before the reader is woken: at some
// 4 MB a second, a core that does nothing but fork and exec, less often than the
// reader looks by itself. A ring 32 times as large takes the burst meanwhile; see
// submit in bpf/ring.bpf.h.
const wakeupBytes = 256 << 10

// object is the kernel half as loaded.
type object struct {
	maps     *ebpf.Collection   // maps and variables
	programs []*ebpf.Collection // the programs, in parts

	v1Hierarchy uint32 // of the v1 controller that is looked at; 0 is none
}

func (o *object) close() {
	for _, p := range o.programs {
		p.Close()
	}
	if o.maps != nil {
		o.maps.Close()
	}
}

// program returns the loaded program of that name, or nil.
func (o *object) program(name string) *ebpf.Program {
	for _, c := range o.programs {
		if p := c.Programs[name]; p != nil {
			return p
		}
	}
	return nil
}

// load makes the maps and then verifies the programs side by side: verification
// is most of the time from launch to the first event.
func load(opts Options) (_ *object, err error) {
	spec, err := bpf.Spec()
	if err != nil {
		return nil, err
	}
	types := btf.NewCache()
	kernel, err := types.Kernel()
	if err != nil {
		return nil, noTypes(err)
	}
	if err := chooseVariants(spec, kernel, opts); err != nil {
		return nil, err
	}
	subsys, hierarchy := v1Controller(kernel)
	if err := setKnobs(spec, subsys, hierarchy, opts); err != nil {
		return nil, err
	}
	spec.Maps[bpf.MapRing].MaxEntries = uint32(opts.BufferBytes)
	spec.Maps[bpf.MapParts].MaxEntries = opts.roomToFollow()

	o := &object{v1Hierarchy: hierarchy}
	defer func() {
		if err != nil {
			o.close()
		}
	}()
	none := *spec
	none.Programs = nil
	if o.maps, err = ebpf.NewCollectionWithOptions(none.Copy(), ebpf.CollectionOptions{Cache: types}); err != nil {
		return nil, whyNot(fmt.Sprintf("the maps, with a ring buffer of %g MiB", float64(opts.BufferBytes)/(1<<20)), err)
	}
	return o, o.loadPrograms(spec, types)
}

// slowest names the programs that take the longest to verify: they go first, so
// that no CPU is left with one at the end.
var slowest = []string{"sched_process_exec", bpf.ProgSnapshot}

// loadPrograms loads each program by itself, as many at a time as there are CPUs.
func (o *object) loadPrograms(spec *ebpf.CollectionSpec, types *btf.Cache) error {
	names := slices.SortedFunc(maps.Keys(spec.Programs), func(a, b string) int {
		return cmp.Or(slices.Index(slowest, b)-slices.Index(slowest, a), strings.Compare(a, b))
	})
	todo := make(chan int, len(names))
	for i := range names {
		todo <- i
	}
	close(todo)

	o.programs = make([]*ebpf.Collection, len(names))
	errs := make([]error, len(names))
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := range todo {
				one := *spec
				one.Programs = map[string]*ebpf.ProgramSpec{names[i]: spec.Programs[names[i]]}
				o.programs[i], errs[i] = ebpf.NewCollectionWithOptions(one.Copy(), ebpf.CollectionOptions{
					MapReplacements: o.maps.Maps,
					Cache:           types,
				})
			}
		})
	}
	wg.Wait()
	o.programs = slices.DeleteFunc(o.programs, func(c *ebpf.Collection) bool { return c == nil })
	if err := errors.Join(errs...); err != nil {
		return whyNot("the programs", err)
	}
	return nil
}

// chooseVariants drops from spec the programs that this kernel has no tracepoint
// or another prototype for, by its BTF and never by its version.
func chooseVariants(spec *ebpf.CollectionSpec, kernel *btf.Spec, opts Options) error {
	pick := func(tracepoint, current, old string, isOld func([]btf.FuncParam) bool) error {
		params, err := tracepointParams(kernel, tracepoint)
		if err != nil {
			return err
		}
		if isOld(params) {
			delete(spec.Programs, current)
		} else {
			delete(spec.Programs, old)
		}
		return nil
	}
	err := pick("sched_process_exit", bpf.ProgExit, bpf.ProgExitOld, func(p []btf.FuncParam) bool { return len(p) < 2 })
	if err != nil {
		return err
	}
	err = pick("mark_victim", bpf.ProgMarkVictim, bpf.ProgMarkVictimOld, func(p []btf.FuncParam) bool { return len(p) < 2 })
	if err != nil {
		return err
	}
	if !opts.Syscalls {
		delete(spec.Programs, bpf.ProgSysEnter)
		delete(spec.Programs, bpf.ProgSysExit)
	}
	if opts.Follow == nil {
		delete(spec.Programs, bpf.ProgShowSender)
		delete(spec.Programs, bpf.ProgShowMaker)
		delete(spec.Programs, bpf.ProgFree)
	}
	return nil
}

// tracepointParams returns the parameters of a BTF tracepoint without the first,
// the data pointer.
func tracepointParams(kernel *btf.Spec, name string) ([]btf.FuncParam, error) {
	var def *btf.Typedef
	if err := kernel.TypeByName("btf_trace_"+name, &def); err != nil {
		return nil, &NotPossibleError{
			Missing: "this kernel has no tracepoint " + name,
			Fix:     "use Linux 6.1 or later",
			Err:     err,
		}
	}
	ptr, ok := btf.UnderlyingType(def).(*btf.Pointer)
	if !ok {
		return nil, fmt.Errorf("tracepoint %s: its type is no pointer", name)
	}
	proto, ok := btf.UnderlyingType(ptr.Target).(*btf.FuncProto)
	if !ok || len(proto.Params) == 0 {
		return nil, fmt.Errorf("tracepoint %s: its type is no function", name)
	}
	return proto.Params[1:], nil
}

// setKnobs sets the constants that the verifier prunes by.
func setKnobs(spec *ebpf.CollectionSpec, subsys int32, hierarchy uint32, opts Options) error {
	loadsOnly := opts.loadsOnly || confidential()
	if loadsOnly {
		keepUserReads(spec)
	}
	for name, value := range map[string]any{
		bpf.VarWakeupBytes: uint64(opts.wakeupBytes()),
		bpf.VarWantThreads: opts.Threads,
		bpf.VarSignalMask:  opts.Signals,
		bpf.VarMaxBlob:     uint32(opts.maxBlob()),
		bpf.VarWantEnv:     opts.Env,
		bpf.VarV1Subsys:    subsys,
		bpf.VarV1Hierarchy: hierarchy,
		bpf.VarLoadsOnly:   loadsOnly,
		bpf.VarWantFollow:  opts.Follow != nil,
	} {
		v := spec.Variables[name]
		if v == nil {
			return fmt.Errorf("bpf object: no variable %s", name)
		}
		if err := v.Set(value); err != nil {
			return fmt.Errorf("bpf object: %w", err)
		}
	}
	return nil
}
