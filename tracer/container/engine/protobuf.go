package engine

import (
	"encoding/binary"
	"errors"
)

// What is read of Protocol Buffers (protobuf.dev, Encoding): fields of strings and messages;
// the rest is passed over.
const (
	wireVarint = 0
	wire64     = 1
	wireBytes  = 2
	wire32     = 5
)

var errMessage = errors.New("answer is no message of Protocol Buffers")

// decodeContainer returns what is asked for of a GetContainerResponse, whose first field is
// the Container (containerd, api/services/containers/v1/containers.proto).
func decodeContainer(response []byte) (image string, labels map[string]string, err error) {
	labels = map[string]string{}
	err = fields(response, func(number uint64, c []byte) error {
		if number != 1 {
			return nil
		}
		return fields(c, func(number uint64, value []byte) error {
			switch number {
			case 2:
				return label(value, labels)
			case 3:
				image = string(value)
			}
			return nil
		})
	})
	return image, labels, err
}

// label reads one entry of a map of strings.
func label(entry []byte, to map[string]string) error {
	var pair [3]string
	err := fields(entry, func(number uint64, value []byte) error {
		if number < uint64(len(pair)) {
			pair[number] = string(value)
		}
		return nil
	})
	to[pair[1]] = pair[2]
	return err
}

// fields gives each field of a message that has a length.
func fields(message []byte, take func(number uint64, value []byte) error) error {
	for len(message) > 0 {
		tag, n := binary.Uvarint(message)
		if n <= 0 {
			return errMessage
		}
		message = message[n:]
		var size uint64
		switch tag & 7 {
		case wireVarint:
			if _, n = binary.Uvarint(message); n <= 0 {
				return errMessage
			}
			message = message[n:]
			continue
		case wire64, wire32:
			if size = 8; tag&7 == wire32 {
				size = 4
			}
		case wireBytes:
			if size, n = binary.Uvarint(message); n <= 0 {
				return errMessage
			}
			message = message[n:]
		default:
			return errMessage
		}
		if size > uint64(len(message)) {
			return errMessage
		}
		if tag&7 == wireBytes {
			if err := take(tag>>3, message[:size]); err != nil {
				return err
			}
		}
		message = message[size:]
	}
	return nil
}
