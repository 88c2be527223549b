package words

import "strconv"

const (
	microsecond = 1_000
	millisecond = 1_000 * microsecond
	second      = 1_000 * millisecond
	minute      = 60 * second
	hour        = 60 * minute
	day         = 24 * hour
)

// Duration returns a time span as people say it, to two places: 3.2 s, 4 min 5 s.
func Duration(ns uint64) string {
	switch {
	case ns < microsecond:
		return strconv.FormatUint(ns, 10) + " ns"
	case ns < millisecond/10:
		return tenths(ns, microsecond) + " us"
	case ns < second:
		return tenths(ns, millisecond) + " ms"
	case ns < minute:
		return tenths(ns, second) + " s"
	case ns < hour:
		return pair(ns, minute, " min", second, " s")
	case ns < day:
		return pair(ns, hour, " h", minute, " min")
	}
	return pair(ns, day, " d", hour, " h")
}

// tenths rounds down: 999.99 ms is not yet a second.
func tenths(ns, unit uint64) string {
	text := strconv.FormatUint(ns/unit, 10)
	if tenth := ns % unit * 10 / unit; tenth > 0 && ns < 100*unit {
		text += "." + strconv.FormatUint(tenth, 10)
	}
	return text
}

func pair(ns, unit uint64, name string, small uint64, smallName string) string {
	text := strconv.FormatUint(ns/unit, 10) + name
	if rest := ns % unit / small; rest > 0 {
		text += " " + strconv.FormatUint(rest, 10) + smallName
	}
	return text
}
