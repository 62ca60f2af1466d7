// Runs a test tool: what it prints is shown and kept.
import { spawn } from "node:child_process";
import { root } from "../setup/paths.mjs";

/**
 * @param {string} command @param {string[]} args @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<{ ok: boolean, output: string }>}
 */
export function show(command, args, env = process.env) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root(), env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    const take = (/** @type {NodeJS.WriteStream} */ to) => (/** @type {string} */ chunk) => {
      output += chunk;
      to.write(chunk);
    };
    child.stdout.setEncoding("utf8").on("data", take(process.stdout));
    child.stderr.setEncoding("utf8").on("data", take(process.stderr));
    child.on("error", reject);
    child.on("close", (code) => resolve({ ok: code === 0, output }));
  });
}

/** The same for a program that npm installed. @param {string} file its JavaScript @param {string[]} args @param {NodeJS.ProcessEnv} [env] */
export const showNode = (file, args, env) => show(process.execPath, [root(`node_modules/${file}`), ...args], env);
