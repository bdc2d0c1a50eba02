// Cron expressions of the kinds that people mean: made from a choice, and told in words. The API reads them.

import { currentLanguage, t } from "./i18n.js";

const FIVE = /^(\d{1,2}) (\d{1,2}|\*) (\d{1,2}|\*) \* ([0-7*]|1-5)$/;

/** { repeats, time, day, date } of an expression that a choice can make; of any other `repeats` is "custom". */
export function choiceOf(cron) {
  const [, minute, hour, date, day] = FIVE.exec(cron.trim().replace(/\s+/g, " ")) ?? [];
  const plain = { time: `${pad(hour === "*" || hour === undefined ? 0 : hour)}:${pad(minute ?? 0)}`, day: "1", date: "1" };
  if (minute === undefined || Number(minute) > 59 || Number(hour) > 23 || Number(date) > 31) return { ...plain, time: "00:00", repeats: "custom" };
  if (hour === "*") return { ...plain, repeats: date === "*" && day === "*" ? "hour" : "custom" };
  if (date !== "*") return day === "*" ? { ...plain, repeats: "month", date } : { ...plain, repeats: "custom" };
  if (day === "*") return { ...plain, repeats: "day" };
  return day === "1-5" ? { ...plain, repeats: "weekday" } : { ...plain, repeats: "week", day: String(Number(day) % 7) };
}

/** The expression of a choice. */
export function cronOf({ repeats, time, day, date }) {
  const [hour, minute] = time.split(":").map(Number);
  return { hour: `${minute} * * * *`, day: `${minute} ${hour} * * *`, weekday: `${minute} ${hour} * * 1-5`, week: `${minute} ${hour} * * ${day}`, month: `${minute} ${hour} ${date} * *` }[repeats];
}

/** When it is due, in words; an expression that has none is shown as it is. */
export function described(cron) {
  const chosen = choiceOf(cron);
  if (chosen.repeats === "custom") return cron;
  const [hour, minute] = chosen.time.split(":").map(Number);
  const time = new Date(2024, 0, 1, hour, minute).toLocaleTimeString(currentLanguage(), { timeStyle: "short" });
  return t(`repeats.${chosen.repeats}.at`, { time, minute: pad(minute), day: weekday(chosen.day), date: Number(chosen.date) });
}

/** The name of a day of the week, 0 for Sunday. */
export function weekday(day) {
  return new Date(2024, 0, 7 + Number(day)).toLocaleDateString(currentLanguage(), { weekday: "long" });
}

const pad = (value) => String(value).padStart(2, "0");
