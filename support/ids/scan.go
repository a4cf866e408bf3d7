// Finding ids: by hand, because a regular expression takes sixty times as long, and every capture is searched.

package ids

const (
	bare   = 32 // digits of an id without hyphens
	dashed = 36 // bytes of an id with hyphens
)

// Text is what can be searched.
type Text interface{ ~string | ~[]byte }

// Parse reads an id that is the whole of text: with or without hyphens, in any case.
func Parse[T Text](text T) (ID, bool) {
	switch len(text) {
	case bare:
		return at(text, 0, false)
	case dashed:
		for _, i := range []int{8, 13, 18, 23} {
			if text[i] != '-' {
				return ID{}, false
			}
		}
		return at(text, 0, true)
	default:
		return ID{}, false
	}
}

// Scan calls found for each id in text, in the order in which they end; one that stands there twice is found twice. An
// id is found in any case, whatever is around it, as long as its hyphens are all there; without hyphens, only where no
// further hexadecimal digit adjoins it. Scan does not allocate.
func Scan[T Text](text T, found func(ID)) {
	// An id is at least 32 bytes of digits and hyphens, so one of them is met at every 32nd byte. Where that byte is
	// something else, all of the 32 are passed over; else the whole stretch of digits and hyphens around it is searched.
	from := 0 // what lies before it has been searched
	for probe := bare - 1; probe < len(text); probe += bare {
		if class[text[probe]] == other {
			continue
		}
		start := probe
		for start > from && class[text[start-1]] != other {
			start--
		}
		from = stretch(text, start, found)
		// The byte at from is something else, or the end: the next 32 bytes that can be an id lie behind it.
		probe = from
	}
}

// stretch searches the digits and hyphens from start on, and returns where they end.
func stretch[T Text](text T, start int, found func(ID)) (end int) {
	groups := 0 // how many groups of an id with hyphens have been seen: 8 digits, then 4, 4 and 4
	for i := start; ; {
		group := i
		for i < len(text) && class[text[i]] < hyphen {
			i++
		}
		digits := i - group
		if digits == bare {
			tell(text, group, false, found)
		}
		if groups == 4 && digits >= 12 {
			tell(text, group-24, true, found)
		}
		switch {
		case digits >= 8:
			groups = 1
		case digits == 4 && groups > 0 && groups < 4:
			groups++
		default:
			groups = 0
		}
		if i == len(text) || class[text[i]] == other {
			return i
		}
		i++ // the hyphen
	}
}

func tell[T Text](text T, start int, hyphens bool, found func(ID)) {
	if id, ok := at(text, start, hyphens); ok {
		found(id)
	}
}

// at decodes the 32 digits from start on. Their hyphens, if they have any, are known to be in their places.
func at[T Text](text T, start int, hyphens bool) (ID, bool) {
	var words [2]uint64
	for digit := range bare {
		i := start + digit
		if hyphens && digit >= 8 {
			i += min(digit/4-1, 4)
		}
		value := class[text[i]]
		if value >= hyphen {
			return ID{}, false
		}
		words[digit/16] = words[digit/16]<<4 | uint64(value)
	}
	return decode(words[0], words[1])
}

// What a byte can be, apart from a digit, whose class is its value.
const (
	hyphen = 16
	other  = 17
)

// class is a constant in all but name: indexing it is what Scan spends its time on.
var class = classes()

func classes() (class [256]uint8) {
	for b := range class {
		class[b] = other
	}
	for i, b := range "0123456789abcdef" {
		class[b] = uint8(i)
	}
	for i, b := range "ABCDEF" {
		class[b] = uint8(10 + i)
	}
	class['-'] = hyphen
	return class
}
