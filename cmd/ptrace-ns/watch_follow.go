package main

import "github.com/ptrace-ns/ptrace-ns/events"

// Where only a command or some processes are followed, and what descends from them, the
// kernel half is told so, and leaves out what others do. The reader selects all the same:
// what the model must know of others comes, and where the kernel half cannot do it all does.

// checkFollow says who is to be followed.
func (w *watch) checkFollow() {
	switch {
	case len(w.command) > 0:
		w.live.FollowOwn = w.followsCommand()
	case w.follow:
		w.live.FollowPIDs = w.pids
	}
}

// followsCommand reports whether of a command's run only what descends from it is told.
func (w *watch) followsCommand() bool { return w.scope == "" || w.scope == scopeCommand }

// optionRecorded is the option of a header that says what the kernel half records, when
// that is not everything.
const optionRecorded = "recorded"

// noteFollowing has the header say that others are left out, and reports it.
func noteFollowing(live tracing, h *events.Header) (bool, error) {
	follows, err := live.Follows()
	if follows {
		h.Options[optionRecorded] = "followed"
	}
	return follows, err
}

const followingEnded = "more processes were followed than can be marked: from then on all were recorded, and others left out by the reader"
