package main

import ccmessage "github.com/ClusterCockpit/cc-lib/v2/ccMessage"

func ccMessages() []Peer {
	return []Peer{{"cc_message", "cc-lib ccMessage", ccLibMessages}}
}

// What ClusterCockpit's receivers do with a body: all of its messages at once.
func ccLibMessages(body []byte) Pass {
	return func() Seen {
		var seen Seen
		messages, err := ccmessage.FromBytes(body)
		must(err)
		for _, message := range messages {
			seen.Items++
			seen.TextBytes += len(message.Name())
			for key, value := range message.Tags() {
				seen.Labels++
				seen.TextBytes += len(key) + len(value)
			}
			value, _ := message.GetField("value")
			switch number := value.(type) {
			case float64:
				seen.Values += number
			case int64:
				seen.Values += float64(number)
			}
			seen.Seconds += float64(message.Time().UnixNano())
		}
		return seen
	}
}
