package tui

import "charm.land/bubbles/v2/key"

// keys are all there are, for the help and for what is done. Where two habits clash,
// as space that folds and space that plays, the recording has the key while there is one.
type keys struct {
	up, down, pageUp, pageDown, top, bottom      key.Binding
	left, right, fold, unfold, space             key.Binding
	parent, creator, init, follow                key.Binding
	search, next, previous, filter               key.Binding
	group, args, pause                           key.Binding
	details, lineage, deaths, namespaces         key.Binding
	help, back, quit, suspend                    key.Binding
	tab, untab                                   key.Binding
	play, faster, slower, event, death, reparent key.Binding
	seekBack, seekOn, rewind                     key.Binding
	moving, looking, panes, recording            []key.Binding // as the help shows them
}

func bind(help, does string, names ...string) key.Binding {
	return key.NewBinding(key.WithKeys(names...), key.WithHelp(help, does))
}

func newKeys(recorded bool) *keys {
	k := &keys{
		up: bind("k ↑", "up", "k", "up"), down: bind("j ↓", "down", "j", "down"),
		pageUp: bind("PgUp", "page up", "pgup", "ctrl+b", "ctrl+u"), pageDown: bind("PgDn", "page down", "pgdown", "ctrl+d"),
		top: bind("g", "first", "g", "home"), bottom: bind("G", "last", "G", "end"),
		left: bind("h ←", "fold, or to the parent", "h", "left"), right: bind("l →", "unfold, or to a child", "l", "right"),
		fold: bind("-", "fold", "-"), unfold: bind("+", "unfold", "+", "="),
		space:  bind("space", "fold or unfold", "space"),
		parent: bind("U", "to its parent", "U"), creator: bind("C", "to who called clone", "C"),
		init:   bind("1", "to PID 1 of its namespace", "1"),
		follow: bind("F", "keep the selected one in view", "F"),
		search: bind("/", "search", "/"), next: bind("n F3", "next found", "n", "f3", "ctrl+n"),
		previous: bind("^P", "found before", "ctrl+p", "shift+f3", "f15"),
		filter:   bind(`\ ^F`, "filter", `\`, "ctrl+f", "f4"),
		group:    bind("t", "tree, PID namespaces, containers", "t", "f5"),
		args:     bind("a", "command lines or names", "a"),
		pause:    bind("p", "pause", "p"),
		details:  bind("V Enter", "details", "V", "v", "enter"), lineage: bind("T", "lineage", "T"),
		deaths: bind("K", "signals and deaths", "K"), namespaces: bind("N", "PID namespaces", "N"),
		help: bind("? F1", "help", "?", "f1"), back: bind("Esc", "close", "esc"),
		quit: bind("q", "quit", "q", "ctrl+c", "f10"), suspend: bind("^Z", "suspend", "ctrl+z"),
		tab: bind("Tab", "next tab", "tab", "right", "l"), untab: bind("S-Tab", "tab before", "shift+tab", "left", "h"),
	}
	if recorded {
		k.space.Unbind()
		k.next = bind("F3 ^N", "next found", "f3", "ctrl+n")
		k.play = bind("space p", "play or pause", "space", "p")
		k.pause = bind("p", "pause", "p")
		k.faster, k.slower = bind(">", "faster", ">", "."), bind("<", "slower", "<", ",")
		k.event, k.death, k.reparent = bind("n", "next event", "n"), bind("d", "next death", "d"), bind("r", "next reparenting", "r")
		k.seekBack, k.seekOn = bind("[", "a twentieth back", "["), bind("]", "a twentieth on", "]")
		k.rewind = bind("0", "to the beginning", "0")
	}
	k.moving = []key.Binding{k.up, k.down, k.pageUp, k.pageDown, k.top, k.bottom, k.left, k.right, k.fold, k.unfold, k.space, k.parent, k.creator, k.init, k.follow}
	k.looking = []key.Binding{k.search, k.next, k.previous, k.filter, k.group, k.args}
	k.panes = []key.Binding{k.details, k.lineage, k.deaths, k.namespaces, k.help, k.back, k.suspend, k.quit}
	if recorded {
		k.recording = []key.Binding{k.play, k.slower, k.faster, k.event, k.death, k.reparent, k.seekBack, k.seekOn, k.rewind}
	} else {
		k.looking = append(k.looking, k.pause)
	}
	return k
}

// ShortHelp is the line at the bottom.
func (k *keys) ShortHelp() []key.Binding {
	short := []key.Binding{k.help, k.quit, k.details, k.lineage, k.group, k.filter, k.search, k.pause, k.deaths, k.namespaces}
	if len(k.recording) > 0 {
		short = []key.Binding{k.help, k.quit, k.play, k.event, k.death, k.reparent, k.slower, k.faster, k.details, k.lineage, k.group}
	}
	return short
}

// FullHelp is the help pane, a column each.
func (k *keys) FullHelp() [][]key.Binding {
	all := [][]key.Binding{k.moving, k.looking, k.panes}
	if len(k.recording) > 0 {
		all = append(all, k.recording)
	}
	return all
}
