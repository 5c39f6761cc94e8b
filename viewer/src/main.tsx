import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app.tsx";
import "./tokens.css";
import "./heat.css";
import "./viewer.css";

createRoot(document.getElementById("viewer")!).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
