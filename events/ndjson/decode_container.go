package ndjson

import "github.com/ptrace-ns/ptrace-ns/events"

// readContainer reads a container and those around it.
func (d *Decoder) readContainer(object string, c *events.Container) {
	*c = events.Container{}
	text := func(key []byte) *string { return containerText(c, key) }
	for key := d.open(); key != nil; key = d.next() {
		place := containerText(c, key)
		switch {
		case place != nil:
			*place = d.string()
		case string(key) == "within":
			d.within(object, c)
		case string(key) == "lossy":
			d.bool()
		case string(key) == "raw":
			d.rawTexts(object, text)
		default:
			d.pass(object, key)
		}
	}
}

// within reads the containers around c, the outermost first.
func (d *Decoder) within(object string, c *events.Container) {
	var outer *events.Container
	for ok := d.list(); ok; ok = d.more() {
		inner := new(events.Container)
		d.readContainer(object+".within", inner)
		inner.Outer = outer
		outer = inner
	}
	c.Outer = outer
}

// containerText is where a string of a container belongs.
func containerText(c *events.Container, key []byte) *string {
	switch string(key) {
	case "id":
		return &c.ID
	case "runtime":
		return &c.Runtime
	case "source":
		return &c.Source
	case "name":
		return &c.Name
	case "image":
		return &c.Image
	case "pod":
		return &c.Pod
	case "pod_namespace":
		return &c.PodNS
	case "pod_uid":
		return &c.PodUID
	case "namespace":
		return &c.Namespace
	case "pod_qos":
		return &c.PodQoS
	case "sandbox_id":
		return &c.SandboxID
	}
	return nil
}
