package ndjson

import (
	"strconv"

	"github.com/ptrace-ns/ptrace-ns/events/report"
)

// AppendCheckup appends the document of the command doctor: one object.
func AppendCheckup(b []byte, c *report.Checkup) []byte {
	e := encoder{b: b}
	outer := e.begin()
	e.string("verdict", string(c.Verdict))
	e.array("checks")
	for i := range c.Checks {
		e.check(&c.Checks[i])
	}
	e.endArray()
	e.close(outer)
	return append(e.b, '\n')
}

func (e *encoder) check(c *report.Check) {
	one := e.open("")
	e.string("check", c.Name)
	if c.Of != "" {
		e.string("of", c.Of)
	}
	e.string("status", string(c.Status))
	e.string("for", string(c.For))
	e.string("says", c.Says)
	if c.Mend != "" {
		e.string("mend", c.Mend)
	}
	if c.Cost != nil {
		cost := e.open("cost")
		e.ns("plain_ns", c.Cost.PlainNS)
		e.ns("watched_ns", c.Cost.WatchedNS)
		e.close(cost)
	}
	e.close(one)
}

// ns writes a time that is shorter than its unit is fine.
func (e *encoder) ns(name string, v float64) {
	e.name(name)
	e.b = strconv.AppendFloat(e.b, v, 'f', 1, 64)
}
