package events

import (
	"bytes"
	"reflect"
	"slices"
	"testing"
)

func TestKindNames(t *testing.T) {
	all := Kinds()
	if len(all) != int(kindCount)-1 {
		t.Fatalf("%d kinds, want %d", len(all), kindCount-1)
	}
	for _, k := range all {
		name := k.String()
		if name == "" || name == "unknown" {
			t.Errorf("kind %d has no name", k)
		}
		if back, ok := ParseKind(name); !ok || back != k {
			t.Errorf("%s parses to %v, %v", name, back, ok)
		}
	}
	if _, ok := ParseKind("unknown"); ok {
		t.Error("unknown is a kind")
	}
	if got := SnapshotEnd.String(); got != "unknown" {
		t.Errorf("the internal mark is told as %q", got)
	}
}

func TestDerived(t *testing.T) {
	for k, want := range map[Kind]bool{
		Fork: false, Signal: false, Unshare: false, Lost: false,
		PidnsCreate: true, PidnsWait: false, ContainerKnown: false,
		PidnsReap: true, Reparent: true, ContainerExit: true,
	} {
		if k.Derived() != want {
			t.Errorf("%s: derived is %v", k, !want)
		}
	}
}

func TestProcKey(t *testing.T) {
	k := ProcKey{PID: 7609, Start: 123456789}
	if k.String() != "7609-123456789" {
		t.Errorf("id is %s", k)
	}
	if k.IsZero() || !(ProcKey{}).IsZero() {
		t.Error("the zero key is the one that names nobody")
	}
	// PID 0, the idle task, is nobody's parent; its start does not matter.
	if !(Ref{Key: ProcKey{Start: 5}}).IsZero() {
		t.Error("PID 0 is a process")
	}
}

func TestPIDChain(t *testing.T) {
	var none PIDChain
	if none.Own() != (PIDEntry{}) || none.Level() != -1 || none.Contains(0) {
		t.Error("an empty chain knows something")
	}
	c := PIDChain{{NSID{Inum: 10}, 7609}, {NSID{Inum: 11, ID: 3}, 1}}
	if c.Own().PID != 1 || c.Level() != 1 || !c.Contains(10) || c.Contains(12) {
		t.Errorf("chain %v: own %v, level %d", c, c.Own(), c.Level())
	}
}

func TestArgs(t *testing.T) {
	for _, c := range []struct {
		raw  string
		want []string
	}{
		{"", []string{}},
		{"\x00", []string{""}},
		{"sh\x00-c\x00\x00", []string{"sh", "-c", ""}},
		{"sh\x00cut", []string{"sh", "cut"}},
		{"\x00\x00", []string{"", ""}},
	} {
		a := Args{Raw: []byte(c.raw)}
		if got := a.Strings(); !slices.Equal(got, c.want) || a.Len() != len(c.want) {
			t.Errorf("%q: %q, %d arguments, want %q", c.raw, got, a.Len(), c.want)
		}
	}
	in := []string{"a", "", "b c"}
	a := ArgsOf(in...)
	if !slices.Equal(a.Strings(), in) || a.Size != 7 || !a.Known() {
		t.Errorf("made %+v", a)
	}
	for s, known := range map[ReadStatus]bool{Absent: false, Complete: true, Truncated: true, Unreadable: false} {
		if (Args{Status: s}).Known() != known {
			t.Errorf("status %d: known is %v", s, !known)
		}
	}
}

// filled returns an Event in which every field that can be set is set.
func filled() *Event {
	ev := &Event{}
	fill(reflect.ValueOf(ev).Elem())
	return ev
}

func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Field(i); f.Type() == reflect.PointerTo(v.Type()) {
				f.Set(reflect.New(v.Type())) // one of its own kind, with nothing in it
			} else {
				fill(f)
			}
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			fill(v.Index(i))
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(key)
		fill(value)
		v.SetMapIndex(key, value)
	case reflect.String:
		v.SetString("x")
	case reflect.Bool:
		v.SetBool(true)
	default:
		if v.CanInt() {
			v.SetInt(1)
		} else {
			v.SetUint(1)
		}
	}
}

// A clone is equal and shares no memory, whatever field is added later.
func TestCloneSharesNothing(t *testing.T) {
	ev := filled()
	c := ev.Clone()
	if !reflect.DeepEqual(ev, c) {
		t.Fatalf("clone differs:\n%+v\n%+v", ev, c)
	}
	shared(t, "Event", reflect.ValueOf(ev).Elem(), reflect.ValueOf(c).Elem())
	c.Process.Args.Raw[0] = 9
	if bytes.Equal(ev.Process.Args.Raw, c.Process.Args.Raw) {
		t.Error("arguments are shared")
	}
}

func shared(t *testing.T, path string, a, b reflect.Value) {
	t.Helper()
	switch a.Kind() {
	case reflect.Struct:
		for i := range a.NumField() {
			shared(t, path+"."+a.Type().Field(i).Name, a.Field(i), b.Field(i))
		}
	case reflect.Pointer:
		if a.IsNil() && b.IsNil() {
			return
		}
		if a.Pointer() == b.Pointer() {
			t.Errorf("%s is shared", path)
		}
		shared(t, path, a.Elem(), b.Elem())
	case reflect.Slice, reflect.Map:
		if a.Pointer() == b.Pointer() {
			t.Errorf("%s is shared", path)
		}
	}
}
