package words

import "github.com/ptrace-ns/ptrace-ns/events"

// SentBy says of a signal to a process who sent it, with a blank or a comma before it; sender
// is what the view calls who it is from. What
// the kernel sends in the context of a process, a dead PID 1's to those in its namespace
// included, is not from that process.
func SentBy(d *events.SignalDetail, sender string, to events.ProcKey) string {
	user := d.Origin == events.OriginUser || d.Origin == events.OriginUnknown
	if user && !d.ParentDeath && !d.Sender.IsZero() {
		return " from " + sender
	}
	return KillerBrief(&events.Killer{
		Signal: d.Signal, Origin: d.Origin, Sender: d.Sender, Code: d.Code,
		ParentDeath: d.ParentDeath, SenderTID: d.SenderTID, SenderLives: d.SenderLives,
	}, to)
}
