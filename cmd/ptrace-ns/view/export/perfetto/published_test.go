package perfetto_test

import (
	_ "embed"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/view/export/exporttest"
)

//go:embed testdata/published.binpb
var published []byte

// trace is the type of a whole trace, as Perfetto publishes it.
var trace = func() protoreflect.MessageDescriptor {
	var set descriptorpb.FileDescriptorSet
	if err := proto.Unmarshal(published, &set); err != nil {
		panic(err)
	}
	// Of what these files import, only what can come is there.
	files, err := protodesc.FileOptions{AllowUnresolvable: true}.NewFiles(&set)
	if err != nil {
		panic(err)
	}
	d, err := files.FindDescriptorByName("perfetto.protos.Trace")
	if err != nil {
		panic(err)
	}
	return d.(protoreflect.MessageDescriptor)
}()

type fatal interface {
	Fatal(...any)
	Fatalf(string, ...any)
	Errorf(string, ...any)
}

// message reads the fields of a message by their published names.
type message struct{ protoreflect.Message }

// read parses a trace, in which nothing may be that is not published.
func read(t fatal, b []byte) message {
	m := message{dynamicpb.NewMessage(trace)}
	if err := proto.Unmarshal(b, m.Interface()); err != nil {
		t.Fatalf("trace: %v", err)
	}
	m.check(t)
	return m
}

// check holds, of all that is in the message, that it has a name, and that no text acts.
func (m message) check(t fatal) {
	if unknown := m.GetUnknown(); len(unknown) > 0 {
		t.Fatalf("%s has fields that are not published: %x", m.Descriptor().Name(), unknown)
	}
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		each := []protoreflect.Value{v}
		if f.IsList() {
			each = nil
			for i := range v.List().Len() {
				each = append(each, v.List().Get(i))
			}
		}
		for _, v := range each {
			switch {
			case f.Message() != nil:
				message{v.Message()}.check(t)
			case f.Kind() == protoreflect.StringKind:
				exporttest.Inert(t, v.String())
			case f.Enum() != nil && f.Enum().Values().ByNumber(v.Enum()) == nil:
				t.Errorf("%s is %d, which is not published", f.FullName(), v.Enum())
			}
		}
		return true
	})
}

func (m message) field(name string) protoreflect.FieldDescriptor {
	f := m.Descriptor().Fields().ByName(protoreflect.Name(name))
	if f == nil {
		panic(name + " is no field of " + string(m.Descriptor().Name()))
	}
	return f
}

func (m message) has(name string) bool { return m.Has(m.field(name)) }

func (m message) num(name string) uint64 { return m.Get(m.field(name)).Uint() }

func (m message) str(name string) string { return m.Get(m.field(name)).String() }

func (m message) sub(name string) message { return message{m.Get(m.field(name)).Message()} }

// enum is the name of an enum's value.
func (m message) enum(name string) string {
	f := m.field(name)
	return string(f.Enum().Values().ByNumber(m.Get(f).Enum()).Name())
}

func (m message) nums(name string) (all []uint64) {
	list := m.Get(m.field(name)).List()
	for i := range list.Len() {
		all = append(all, list.Get(i).Uint())
	}
	return all
}

func (m message) subs(name string) (all []message) {
	list := m.Get(m.field(name)).List()
	for i := range list.Len() {
		all = append(all, message{list.Get(i).Message()})
	}
	return all
}

// tracks are where Perfetto shows the tracks of a trace.
type tracks map[uint64]message

// described collects the tracks, each of which may be described once.
func described(t fatal, packets []message) tracks {
	all := tracks{}
	for _, p := range packets {
		if !p.has("track_descriptor") {
			continue
		}
		d := p.sub("track_descriptor")
		if d.has("process") || d.has("thread") {
			continue // see learn
		}
		if _, twice := all[d.num("uuid")]; twice {
			t.Errorf("track %d is described twice", d.num("uuid"))
		}
		all[d.num("uuid")] = d
	}
	if len(all) == 0 {
		t.Fatal("no track is described")
	}
	return all
}

// own says whether it is a track of a process or a thread in Perfetto's sense.
func (all tracks) own(uuid uint64) bool { return all[uuid].has("process") || all[uuid].has("thread") }

// parent is the track that Perfetto shows this one below, by track_descriptor.proto: one
// of its own process and thread tracks is below none, and what is below such a one is
// beside it.
func (all tracks) parent(t fatal, uuid uint64) uint64 {
	up := all[uuid].num("parent_uuid")
	if up == 0 || all.own(uuid) {
		return 0
	}
	if _, there := all[up]; !there {
		t.Fatalf("track %q is below one that is not described", all[uuid].str("name"))
	}
	if all.own(up) {
		return all.parent(t, up)
	}
	return up
}

// path is the names of a track and those above it.
func (all tracks) path(t fatal, uuid uint64) (names []string) {
	for ; uuid != 0; uuid = all.parent(t, uuid) {
		if names = append(names, all[uuid].str("name")); len(names) > len(all) {
			t.Fatalf("tracks are below one another: %q", names)
		}
	}
	return names
}

// TestPublished: the rules above are those of the messages, which a track of each kind
// shows.
func TestPublished(t *testing.T) {
	d := trace.Fields().ByName("packet").Message().Fields().ByName("track_descriptor").Message()
	track := func(uuid, parent uint64, kind protoreflect.Name) message {
		m := message{dynamicpb.NewMessage(d)}
		m.Set(m.field("uuid"), protoreflect.ValueOfUint64(uuid))
		m.Set(m.field("parent_uuid"), protoreflect.ValueOfUint64(parent))
		if kind != "" {
			m.Mutable(d.Fields().ByName(kind))
		}
		return m
	}
	all := tracks{1: track(1, 0, ""), 2: track(2, 1, "process"), 3: track(3, 2, ""), 4: track(4, 1, ""), 5: track(5, 4, "thread"), 6: track(6, 4, "")}
	for uuid, want := range map[uint64]uint64{1: 0, 2: 0, 3: 0, 4: 1, 5: 0, 6: 4} {
		if got := all.parent(t, uuid); got != want {
			t.Errorf("track %d is below %d, want %d", uuid, got, want)
		}
	}
}
