package ecs

import "encoding/json"

// Version is that of the Elastic Common Schema whose fields are used.
const Version = "8.17.0"

type document struct {
	Time         string          `json:"@timestamp"`
	Message      string          `json:"message"`
	Tags         []string        `json:"tags,omitempty"`
	ECS          schema          `json:"ecs"`
	Event        event           `json:"event"`
	Host         host            `json:"host"`
	Process      *process        `json:"process,omitempty"`
	Container    *container      `json:"container,omitempty"`
	Orchestrator *orchestrator   `json:"orchestrator,omitempty"`
	Own          json.RawMessage `json:"ptrace_ns"`
}

type schema struct {
	Version string `json:"version"`
}

type event struct {
	Kind     string   `json:"kind"`
	Category []string `json:"category"`
	Type     []string `json:"type"`
	Action   string   `json:"action"`
	Outcome  string   `json:"outcome,omitempty"`
	Module   string   `json:"module"`
	Dataset  string   `json:"dataset"`
	Provider string   `json:"provider"`
	Sequence uint64   `json:"sequence"`
	ID       string   `json:"id"`
}

type host struct {
	Name string `json:"name,omitempty"`
	OS   system `json:"os"`
	Boot boot   `json:"boot"`
}

type system struct {
	Type   string `json:"type"`
	Kernel string `json:"kernel,omitempty"`
}

type boot struct {
	ID string `json:"id,omitempty"`
}

type process struct {
	PID              int32    `json:"pid"`
	VPID             int32    `json:"vpid,omitempty"`
	EntityID         string   `json:"entity_id"`
	Name             string   `json:"name,omitempty"`
	Executable       string   `json:"executable,omitempty"`
	Args             []string `json:"args,omitempty"`
	ArgsCount        int      `json:"args_count,omitempty"`
	CommandLine      string   `json:"command_line,omitempty"`
	WorkingDirectory string   `json:"working_directory,omitempty"`
	Start            string   `json:"start,omitempty"`
	End              string   `json:"end,omitempty"`
	ExitCode         *int     `json:"exit_code,omitempty"`
	Thread           *thread  `json:"thread,omitempty"`
	User             *id      `json:"user,omitempty"`
	Group            *id      `json:"group,omitempty"`
	Parent           *parent  `json:"parent,omitempty"`
	GroupLeader      *leading `json:"group_leader,omitempty"`
	SessionLeader    *leading `json:"session_leader,omitempty"`
}

type thread struct {
	ID int32 `json:"id"`
}

type id struct {
	ID string `json:"id"`
}

type parent struct {
	PID      int32  `json:"pid"`
	EntityID string `json:"entity_id"`
	Name     string `json:"name,omitempty"`
}

type leading struct {
	PID int32 `json:"pid"`
}

type container struct {
	ID      string `json:"id"`
	Name    string `json:"name,omitempty"`
	Runtime string `json:"runtime,omitempty"`
	Image   *image `json:"image,omitempty"`
}

type image struct {
	Name string `json:"name"`
}

type orchestrator struct {
	Type      string   `json:"type"`
	Namespace string   `json:"namespace,omitempty"`
	Resource  resource `json:"resource"`
}

type resource struct {
	Type string `json:"type"`
	Name string `json:"name,omitempty"`
	ID   string `json:"id,omitempty"`
}
