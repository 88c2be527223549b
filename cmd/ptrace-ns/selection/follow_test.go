package selection_test

import (
	"testing"

	"github.com/ptrace-ns/ptrace-ns/cmd/ptrace-ns/selection"
	"github.com/ptrace-ns/ptrace-ns/events"
)

func TestFollowSnapshotInAnyOrder(t *testing.T) {
	var got taken
	put(t, selection.NewFollow(&got, []int32{10}, 0),
		snapshot(13, 12), snapshot(12, 11), snapshot(20, 1), snapshot(11, 10), snapshot(10, 1), snapshot(1, 0))
	expect(t, &got, "snapshot:13 snapshot:12 snapshot:11 snapshot:10")
}

func TestFollowByCreatorAndByParent(t *testing.T) {
	var got taken
	put(t, selection.NewFollow(&got, []int32{10}, 0),
		snapshot(10, 1), fork(11, 1, 10), fork(12, 10, 30), fork(13, 1, 1), fork(14, 11, 11), exit(13), exit(14))
	expect(t, &got, "snapshot:10 fork:11 fork:12 fork:14 exit:14")
}

func TestFollowKeepsWhoWasReparented(t *testing.T) {
	var got taken
	moved := &events.Event{Kind: events.Reparent, Process: process(11, 1), Reparent: &events.ReparentDetail{}}
	put(t, selection.NewFollow(&got, []int32{10}, 0), snapshot(10, 1), fork(11, 10, 10), exit(10), moved, fork(12, 11, 11), exit(11))
	expect(t, &got, "snapshot:10 fork:11 exit:10 reparent:11 fork:12 exit:11")
}

func TestFollowWhatTheTracerMakes(t *testing.T) {
	var got taken
	put(t, selection.NewFollow(&got, nil, 99), snapshot(99, 1), snapshot(50, 1), fork(100, 99, 99), fork(101, 100, 100), exit(99), exit(101))
	expect(t, &got, "fork:100 fork:101 exit:101")
}

func TestFollowTellsLossAndTheNamespacesEnd(t *testing.T) {
	var got taken
	end := &events.Event{Kind: events.PidnsDestroy, Pidns: &events.PidnsDetail{Init: ref(10)}}
	other := &events.Event{Kind: events.PidnsDestroy, Pidns: &events.PidnsDetail{Init: ref(20)}}
	put(t, selection.NewFollow(&got, []int32{10}, 0), exit(10), end, other, lost())
	expect(t, &got, "exit:10 pidns_destroy:0 lost:0")
}

func TestFollowForgetsTheLongDead(t *testing.T) {
	var got taken
	sink := selection.NewFollow(&got, []int32{1}, 0)
	const n = 5000
	for pid := int32(2); pid < n; pid++ {
		put(t, sink, fork(pid, 1, 1), exit(pid))
	}
	got.all = nil
	put(t, sink, exit(2), exit(n-1))
	expect(t, &got, "exit:4999")
}
