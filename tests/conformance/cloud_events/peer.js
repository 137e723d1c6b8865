// SPDX-License-Identifier: MIT
//
// The other side of cloud_events_sdk_test.cpp: the JavaScript SDK of CloudEvents.
//
//   node peer.js SDK read    reads messages, one JSON object a line, and prints their events
//   node peer.js SDK write   prints messages with the events that are in them
//
// A message is {headers: {name: value}, body: base64, events: [event]}, an event is
// {attributes: {name: value}, content: none|json|text|binary, data: base64}.
"use strict";

globalThis.self = globalThis; // the SDK's bundle is made for browsers too
const sdk = require(require("node:path").resolve(process.argv[2]));
const { CloudEvent, HTTP } = sdk;

const base64 = (value) => Buffer.from(value).toString("base64");

// What the SDK has understood.
function seen(event) {
    const attributes = { ...event };
    for (const name of ["data", "data_base64", "datacontentencoding", "schemaurl"]) {
        delete attributes[name];
    }
    for (const name of Object.keys(attributes)) {
        if (attributes[name] === undefined) {
            delete attributes[name];
        }
    }
    attributes.time = new Date(event.time).toISOString(); // its parts differ in how they spell it
    if (event.data_base64) {
        return { attributes, content: "binary", data: event.data_base64 };
    }
    if (event.data === undefined) {
        return { attributes, content: "none", data: "" };
    }
    const text = /^text\/|xml/.test(event.datacontenttype ?? "");
    const data = text ? event.data : JSON.stringify(event.data);
    return { attributes, content: text ? "text" : "json", data: base64(data) };
}

function read(line) {
    const message = JSON.parse(line);
    const bytes = Buffer.from(message.body, "base64");
    const binary = message.headers["content-type"] === "application/octet-stream";
    const body = bytes.length === 0 ? undefined : binary ? bytes : bytes.toString();
    const events = HTTP.toEvent({ headers: message.headers, body });
    return (Array.isArray(events) ? events : [events]).map(seen);
}

// What the SDK writes. Its binary mode has no percent-encoding: other texts go in the others.
const plain = { source: "/shop", type: "com.example.order", time: "2026-11-27T03:12:52.250Z" };
const events = [
    { ...plain, id: "1" },
    { ...plain, id: "2", datacontenttype: "application/json", data: { a: [1, 2.5, null], b: "x" } },
    { ...plain, id: "3", datacontenttype: "application/json", data: [], subject: "s/1" },
    { ...plain, id: "4", datacontenttype: "text/plain", data: "some text \u20ac\n" },
    { ...plain, id: "5", datacontenttype: "application/xml", data: "<a b=\"c\"/>" },
    {
        ...plain,
        id: "6",
        datacontenttype: "application/octet-stream",
        data: new Uint8Array([0, 255, 7]),
    },
    { ...plain, id: "7", dataschema: "https://a.example/s.json", text: "x", count: -5, flag: true },
    { ...plain, id: "8", partitionkey: "k", tracestate: "a=b,c=d" },
];
const unicode = [
    { ...plain, id: "\u20ac \"\\\u{1F600}%41", subject: "a b", no: false, max: 2147483647 },
];

function written(headers, body, list) {
    const texts = Object.entries(headers).map(([name, value]) => [name, String(value)]);
    return { headers: Object.fromEntries(texts), body: base64(body ?? ""), events: list.map(seen) };
}

function write() {
    const all = events.map((one) => new CloudEvent(one));
    const more = unicode.map((one) => new CloudEvent(one));
    const messages = [];
    for (const event of [...all, ...more]) {
        const message = HTTP.structured(event);
        messages.push(written(message.headers, message.body, [event]));
    }
    for (const event of all) {
        const message = HTTP.binary(event);
        messages.push(written(message.headers, message.body, [event]));
    }
    const batch = [...all, ...more];
    const type = { "content-type": "application/cloudevents-batch+json" };
    messages.push(written(type, JSON.stringify(batch), batch));
    messages.push(written(type, "[]", []));
    return messages;
}

if (process.argv[3] === "write") {
    for (const message of write()) {
        console.log(JSON.stringify(message));
    }
} else {
    const lines = require("node:fs").readFileSync(0, "utf8").split("\n").filter(Boolean);
    for (const line of lines) {
        console.log(JSON.stringify(read(line)));
    }
}
