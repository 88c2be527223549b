package oracle

import (
	"errors"
	"fmt"
	"slices"
)

// sender chooses who sends a signal: one that sees the target.
func (w *World) sender(which uint8, target *node) *node {
	return w.pick(which, func(n *node) bool { return n.free() && n.sees(target) != 0 })
}

// protected reports whether the target is an init to whom the sender is no
// ancestor: not even SIGKILL reaches it then (sig_task_ignored in kernel/signal.c).
func protected(target, sender *node) bool {
	return target.isInit() && sender.own().Inum == target.own().Inum
}

// kill sends SIGTERM or SIGKILL.
func (w *World) kill(op Op) (bool, error) {
	target := w.pick(op.A, func(n *node) bool { return n != w.keeper })
	if target == nil {
		return false, nil
	}
	sender := w.sender(op.B, target)
	if sender == nil {
		return false, nil
	}
	if op.C%2 == 0 {
		return true, w.signal(sender, target, sigKill)
	}
	if target.waitsFor != nil && target.term >= handled {
		return false, nil // its handler would run some time later
	}
	return true, w.signal(sender, target, sigTerm)
}

// signal sends one signal and awaits what it does.
func (w *World) signal(sender, target *node, sig int) error {
	deadly := sig == sigKill && !protected(target, sender) ||
		sig == sigTerm && target.term == byDefault && !target.isInit()
	leaves := sig == sigTerm && target.term == exits
	w.signals = append(w.signals, Signal{
		Sender: sender.ID, Target: target.ID, Signal: sig,
		Ignored: !deadly && (sig != sigTerm && protected(target, sender) ||
			sig == sigTerm && (target.term == ignored || target.term == byDefault)),
	})
	if err := sender.send("kill %d %d", sender.sees(target), sig); err != nil {
		return err
	}
	if sender != target || !deadly && !leaves {
		if _, err := sender.answer(patience); err != nil {
			return err
		}
	}
	switch {
	case deadly:
		return w.die(target, Status{Signal: sig}, Killer{Origin: "user", Sender: sender.ID})
	case leaves:
		return w.die(target, Status{Code: 64 + sigTerm}, Killer{})
	case sig == sigStop || !target.free():
		return nil
	}
	_, err := target.call("ping")
	return err
}

// stop sends SIGSTOP and then SIGCONT or SIGKILL.
func (w *World) stop(op Op) (bool, error) {
	target := w.pick(op.A, w.freeAndNotKeeper)
	if target == nil {
		return false, nil
	}
	sender := w.pick(op.B, func(n *node) bool { return n != target && n.free() && n.sees(target) != 0 })
	if sender == nil {
		return false, nil
	}
	if err := w.signal(sender, target, sigStop); err != nil {
		return false, err
	}
	if !protected(target, sender) {
		if err := eventually("stop", target.stopped); err != nil {
			return false, err
		}
	}
	if op.C%2 == 0 {
		return true, w.signal(sender, target, sigKill)
	}
	if _, err := sender.call("kill %d %d", sender.sees(target), sigCont); err != nil {
		return false, err
	}
	_, err := target.call("ping")
	return true, err
}

// stopped reports whether all threads are.
func (n *node) stopped() (bool, error) {
	tids, err := tasks(n.PID)
	if err != nil {
		return false, err
	}
	var errs []error
	running := slices.ContainsFunc(tids, func(tid int) bool {
		s, err := readStat(fmt.Sprintf("/proc/%d/task/%d/stat", n.PID, tid))
		errs = append(errs, err)
		return s.state != 'T' && s.state != 'Z'
	})
	return !running, errors.Join(errs...)
}
