package selection

import (
	"slices"
	"strings"

	"github.com/ptrace-ns/ptrace-ns/events"
)

// Runtimes are the names that containers' runtimes have in the stream.
var Runtimes = []string{"docker", "containerd", "podman", "cri-o", "runc", "crun", "youki", "lxc", "libvirt-lxc", "nspawn"}

// Containers chooses containers: those that have one of the values of each list that
// is not empty. A container in another one is chosen with that.
type Containers struct {
	Names      []string // names, or beginnings of ids
	Pods       []string // names, or beginnings of uids
	Namespaces []string // of pods
	Images     []string // whole references, or without registry, tag or digest
	Runtimes   []string
}

// Any reports whether all containers and what is in none are chosen.
func (s *Containers) Any() bool {
	return len(s.Names)+len(s.Pods)+len(s.Namespaces)+len(s.Images)+len(s.Runtimes) == 0
}

// Wants is the predicate.
func (s *Containers) Wants(ev *events.Event) bool { return s.Choose(ev.Process.Container) }

// Choose reports whether the container is chosen; nil is none.
func (s *Containers) Choose(c *events.Container) bool {
	for ; c != nil; c = c.Outer {
		if has(s.Names, func(name string) bool { return name == c.Name || strings.HasPrefix(c.ID, name) }) &&
			has(s.Pods, func(pod string) bool { return pod == c.Pod || strings.HasPrefix(c.PodUID, pod) }) &&
			has(s.Namespaces, func(ns string) bool { return ns == c.PodNS }) &&
			has(s.Images, func(image string) bool { return isImage(c.Image, image) }) &&
			has(s.Runtimes, func(runtime string) bool { return runtime == c.Runtime }) {
			return true
		}
	}
	return false
}

func has(values []string, is func(string) bool) bool {
	return len(values) == 0 || slices.ContainsFunc(values, is)
}

// NewContainers wants what happens in containers that the snapshot at the beginning
// does not show, and in those of the same id that begin again.
func NewContainers() Predicate {
	old, sealed := map[string]struct{}{}, false
	return func(ev *events.Event) bool {
		c := ev.Process.Container
		sealed = sealed || ev.Kind != events.Snapshot
		if c == nil {
			return false
		}
		if !sealed {
			old[c.ID] = struct{}{}
		}
		_, known := old[c.ID]
		if known && ev.Kind == events.ContainerExit {
			delete(old, c.ID)
		}
		return !known
	}
}
