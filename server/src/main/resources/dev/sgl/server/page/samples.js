// Programs to begin with.

export const samples = {
  'tips in parallel': `type Tip = {
  title:  string<1..60>
  why:    string<..200>
  effort: "low" | "medium" | "high"
}

program tips(topic: string = "staying healthy", n: int<1..8> = 3) -> Tip {
  system "You are a concise coach."
  user "Give {n} different tips about {topic}."
  fork i in 1..n as drafts {  // n branches, each from here on
    assistant {
      "Tip {i}: "
      gen tip: Tip (temperature: 0.7)
    }
  }
  join drafts
  let titles = [d.tip.title for d in drafts]
  user "Which is easiest to start today? {titles.bullets()}"
  assistant select best from titles  // scored, not generated
  return [d.tip for d in drafts if d.tip.title == best][0]
}
`,
  'a typed answer': `type Person = { name: string<1..40>, age: int<0..150>, plays: string<1..20> }

program person(text: string = "Anna, 31, plays the cello in Bern.") -> Person {
  user "Who is it? {text}"
  assistant gen person: Person (temperature: 0)
  return person
}
`,
  'a choice': `program mood(review: string = "The lamp is bright and cheap. I love it!") -> string {
  user "Review: {review}\\nIs the sentiment positive, negative or neutral?"
  assistant select mood from ["positive", "negative", "neutral"]
  return mood
}
`,
};
