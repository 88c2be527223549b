package phases

import (
	"slices"
	"strings"

	"github.com/ptrace-ns/ptrace-ns/events"
	"github.com/ptrace-ns/ptrace-ns/events/names"
)

// command is what a program around containers is called for. The zero command is none
// that concerns a container's start or end.
type command struct {
	*grammar
	verb  string // run, kill …; of what is no single container, "compose up", "pod start"
	words []string
	flags map[string]string // by name without dashes; those that take no value have "true"
}

// maxWords bounds how much of a command line is looked at.
const maxWords = 256

// commandOf reads what a process that runs a program of that role is called for.
func commandOf(p *events.Process, r role) command {
	g, ok := grammars[programName(p)]
	if !ok {
		g, ok = ofRole[r]
	}
	if !ok || programOf(p).role != r {
		return command{}
	}
	return g.read(p.Args)
}

// read takes a command line apart. What it is called for is the first word that is no
// flag and no value of one, or what follows the word for that which it is done to: any
// other word there, as in docker network create, makes it a command of no concern.
func (g *grammar) read(args events.Args) command {
	c := command{grammar: g, flags: map[string]string{}}
	object, flag, over, seen, n := g.object, "", false, false, 0
	for arg := range args.All {
		s := string(arg)
		if n++; n == 1 {
			continue
		} else if n > maxWords {
			break
		}
		switch prefix, isObject := g.objects[s]; {
		case flag != "":
			c.flags[flag], flag = s, ""
		case s == "--":
			over = true
		case !over && len(s) > 1 && s[0] == '-':
			flag = c.take(s)
		case c.verb != "":
			c.words = append(c.words, s)
			// What follows is the container's, or no flag for those who stop at a word.
			over = over || g.stops || c.makes()
		case !seen && isObject:
			object, seen = prefix, true
		default:
			if c.verb = strings.TrimSpace(object + " " + s); !slices.Contains(g.verbs, c.verb) {
				return command{}
			}
		}
	}
	if c.verb == "" {
		return command{}
	}
	return c
}

// take notes a flag, and returns its name where the next argument is its value.
func (c *command) take(s string) (waits string) {
	name := strings.TrimLeft(s, "-")
	if flag, value, ok := strings.Cut(name, "="); ok {
		c.flags[flag] = value
		return ""
	}
	if strings.HasPrefix(s, "--") || c.long {
		if !c.isBare(name) {
			return name
		}
		c.flags[name] = "true"
		return ""
	}
	// Letters run together, of which the first that takes a value has the rest.
	for i := range len(name) {
		letter := name[i : i+1]
		switch {
		case c.isBare(letter):
			c.flags[letter] = "true"
		case i+1 < len(name):
			c.flags[letter] = name[i+1:]
			return ""
		default:
			return letter
		}
	}
	return ""
}

func (c *command) isBare(flag string) bool {
	return slices.Contains(c.bare[""], flag) && c.verb == "" || slices.Contains(c.bare[c.verb], flag)
}

func (c *command) flag(names ...string) string {
	for _, name := range names {
		if value := c.flags[name]; value != "" {
			return value
		}
	}
	return ""
}

// makes reports whether the command makes a container, and asks whether it makes or
// starts one.
func (c *command) makes() bool { return c.verb == "run" || c.verb == "create" }
func (c *command) asks() bool  { return slices.Contains(asking, c.verb) }

// targets are the words by which the command names containers.
func (c *command) targets() []string {
	switch {
	case strings.Contains(c.verb, " ") || c.grammar == nil:
		return nil
	case !c.makes():
		return c.words
	case c.named != "":
		return slices.DeleteFunc([]string{c.flags[c.named]}, func(s string) bool { return s == "" })
	case c.place > 0 && len(c.words) > c.place:
		return c.words[c.place : c.place+1]
	}
	return nil
}

// ends reports whether the command asks for a container's end: a kill does by the
// signals that are sent for that, and a removal when it is forced.
func (c *command) ends() bool {
	switch c.verb {
	case "stop", "restart", "stopp":
		return true
	case "rm", "delete", "rmp":
		return c.flag("f", "force") == "true"
	case "kill":
		text := c.flag("s", "signal")
		signal, ok := names.ParseSignal(text)
		return text == "" || ok && slices.Contains(deadly, signal)
	}
	return false
}

// sends is the signal that a runtime's kill sends: the word after the container, else SIGTERM
// (runc-kill(8), crun(1)); 0 is not known.
func (c *command) sends() int32 {
	if len(c.words) < 2 {
		return 15
	}
	signal, _ := names.ParseSignal(c.words[1])
	return signal
}
