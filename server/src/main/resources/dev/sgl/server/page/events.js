// The events of a stream, as WHATWG's "Server-sent events" has them, with data in JSON.

// The fields of an event: its name, and its data as text.
function fields(block) {
  const found = { event: '', data: [] };
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon);
    const value = line.slice(colon + 1).replace(/^ /, '');
    if (name === 'event') found.event = value;
    if (name === 'data') found.data.push(value);
  }
  return { event: found.event, data: found.data.join('\n') };
}

// Yields {event, data} of each event in pieces of text. The mark of the end and comments are left
// out.
export async function* events(pieces) {
  let text = '';
  for await (const piece of pieces) {
    text = (text + piece).replaceAll('\r\n', '\n');
    let end;
    while ((end = text.indexOf('\n\n')) >= 0) {
      const { event, data } = fields(text.slice(0, end));
      text = text.slice(end + 2);
      if (data && data !== '[DONE]') yield { event, data: JSON.parse(data) };
    }
  }
}
